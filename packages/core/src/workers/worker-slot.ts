/**
 * Decides what becomes of one place in a group of workers, whoever holds it: without process, timer or promise.
 *
 * ```
 *                         ready                      replace
 *   stopped ─▶ starting ─────────▶ ready ◀──────────────────────────▶ replacing ─▶ the next one is ready: it takes over
 *               ▲    │ died          │ died     next ready, or died                and the old one drains
 *           due │    ▼               ▼
 *              waiting ◀── fewer than maxRestarts in a row ── else ──▶ failed
 *
 *   stop ends each of them in `stopped`; whoever serves drains first, whoever does not serve yet is killed.
 * ```
 *
 * A worker that is to be replaced goes on until its successor serves, so a program that does not start replaces nobody.
 */

export type WorkerSlotState = "stopped" | "starting" | "ready" | "replacing" | "waiting" | "failed";

export type WorkerSlotEvent =
  | "start"
  | "ready"
  /** It is gone, and was not asked to go. */
  | "died"
  /** The wait before a restart is over. */
  | "due"
  | "replace"
  | "next ready"
  | "next died"
  | "stop";

export type WorkerSlotAction =
  | "fork"
  | "fork next"
  /** The next one is the one from now on. */
  | "promote"
  | "drain"
  /** Before it is ready. */
  | "kill"
  | "kill next"
  /** For `delayMs`; then comes `due`. */
  | "wait"
  | "give up";

export interface WorkerSlotOptions {
  readonly restartDelayMs: number;
  readonly maxRestartDelayMs: number;
  readonly maxRestarts: number;
  readonly stableMs: number;
}

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  #state: WorkerSlotState = "stopped";
  #deaths = 0;
  #readySince = 0;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
  }

  get state(): WorkerSlotState {
    return this.#state;
  }

  /** Deaths in a row, each sooner than `stableMs` after it was ready. */
  get deaths(): number {
    return this.#deaths;
  }

  /** How long to wait after the last death. */
  get delayMs(): number {
    const { restartDelayMs, maxRestartDelayMs } = this.#options;
    return Math.min(restartDelayMs * 2 ** (this.#deaths - 1), maxRestartDelayMs);
  }

  /** What is to be done, in this order. An event that means nothing in this state does nothing. */
  on(event: WorkerSlotEvent, now: number): readonly WorkerSlotAction[] {
    if (event === "stop") return this.#stop();
    switch (this.#state) {
      case "stopped":
        return event === "start" ? this.#enter("starting", "fork") : [];
      case "starting":
        if (event === "ready") return this.#ready(now);
        return event === "died" ? this.#died(now) : [];
      case "ready":
        if (event === "replace") return this.#enter("replacing", "fork next");
        return event === "died" ? this.#died(now) : [];
      case "replacing":
        if (event === "next ready") return this.#ready(now, "drain", "promote");
        if (event === "next died") return this.#enter("ready");
        // Whoever is starting was to take this place anyway.
        return event === "died" ? this.#enter("starting", "promote") : [];
      case "waiting":
        if (event === "replace") this.#deaths = 0;
        return event === "due" || event === "replace" ? this.#enter("starting", "fork") : [];
      case "failed":
        // With another program it may do better.
        if (event === "replace") this.#deaths = 0;
        return event === "replace" ? this.#enter("starting", "fork") : [];
    }
  }

  #stop(): readonly WorkerSlotAction[] {
    const before = this.#state;
    this.#state = "stopped";
    if (before === "starting") return ["kill"];
    if (before === "ready") return ["drain"];
    return before === "replacing" ? ["kill next", "drain"] : [];
  }

  #ready(now: number, ...actions: WorkerSlotAction[]): readonly WorkerSlotAction[] {
    this.#readySince = now;
    return this.#enter("ready", ...actions);
  }

  #died(now: number): readonly WorkerSlotAction[] {
    if (this.#state === "ready" && now - this.#readySince >= this.#options.stableMs) this.#deaths = 0;
    this.#deaths++;
    return this.#deaths > this.#options.maxRestarts ? this.#enter("failed", "give up") : this.#enter("waiting", "wait");
  }

  #enter(state: WorkerSlotState, ...actions: WorkerSlotAction[]): readonly WorkerSlotAction[] {
    this.#state = state;
    return actions;
  }
}
