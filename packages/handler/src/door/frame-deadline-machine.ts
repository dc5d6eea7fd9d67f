/**
 * How long the frame that is arriving has been on its way, and whether that is too long.
 *
 * ```
 *            burstEnded in the middle of a frame, or awaited
 *   between ─────────────────────────────────────────────▶ held
 *      ▲                                                   │  ▲
 *      │ burstEnded between frames                readable │  │ burstEnded in the middle of the same frame
 *      │                                                   ▼  │
 *      └──────────────────────────────────────────────── arriving ──── expired, with nothing left ────▶ late
 * ```
 *
 * Time counts while `arriving` only: while nobody asks for input, waiting is not the peer's fault.
 */

/** What has to be done about the deadline: ask again `inMs` from now, end the connection, or nothing. */
export type FrameDeadlineAction = "none" | "timeOut" | { readonly inMs: number };

export type FrameDeadlineState = "between" | "held" | "arriving" | "late";

export class FrameDeadlineMachine {
  #state: FrameDeadlineState = "between";
  #isAwaited = false;
  #limitMs = 0;
  /** Time the frame took before it was `held` for the last time. */
  #spentMs = 0;
  #arrivingSince = 0;

  get state(): FrameDeadlineState {
    return this.#state;
  }

  /** The limit of the frame that is on its way. */
  get limitMs(): number {
    return this.#limitMs;
  }

  /** A frame is on its way before its first byte has come: only its end is the end of it. */
  awaited(limitMs: number): FrameDeadlineAction {
    if (this.#state !== "between") return "none";
    this.#begin(limitMs);
    this.#isAwaited = true;
    return "none";
  }

  /**
   * A burst of input has ended.
   *
   * @param midFrame Whether it ended in the middle of a frame.
   * @param completed Whether it brought the end of one: then it is another frame that is on its way.
   * @param limitMs What a frame may take that begins in this burst.
   */
  burstEnded(now: number, midFrame: boolean, completed: boolean, limitMs: number): FrameDeadlineAction {
    if (this.#state === "late") return "none";
    if (completed || !(midFrame || this.#isAwaited)) {
      this.#state = "between";
      this.#isAwaited = false;
    }
    if (this.#state === "between") {
      if (midFrame) this.#begin(limitMs);
    } else if (this.#state === "arriving") {
      this.#spentMs += now - this.#arrivingSince;
      this.#state = "held";
    }
    return "none";
  }

  /** Input is wanted. */
  readable(now: number): FrameDeadlineAction {
    if (this.#state !== "held") return "none";
    this.#state = "arriving";
    this.#arrivingSince = now;
    return { inMs: Math.max(0, this.#limitMs - this.#spentMs) };
  }

  /**
   * It may be time.
   *
   * @param extraMs What the frame may take beyond its limit for the bytes of it that have come.
   */
  expired(now: number, extraMs: number): FrameDeadlineAction {
    if (this.#state !== "arriving") return "none";
    const leftMs = this.#limitMs + extraMs - this.#spentMs - (now - this.#arrivingSince);
    if (leftMs > ROUNDING_MS) return { inMs: leftMs };
    this.#state = "late";
    return "timeOut";
  }

  #begin(limitMs: number): void {
    this.#state = "held";
    this.#limitMs = limitMs;
    this.#spentMs = 0;
  }
}

/** What sums of fractions leave over is no time: nobody must ask again for it. */
const ROUNDING_MS = 1e-6;
