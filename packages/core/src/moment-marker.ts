/**
 * Marks moments for a clock that is expensive to look at (docs/adr/0009).
 *
 * ```
 *   marks      │ │   ││ │    ││││││││││││││││││││││││││││││││││││││││││││││││││││   │      │
 *              each has a look of its own     │◀─ window ─▶│◀─ window ─▶│◀─ window ─▶│  few: looks again
 *                                   many in a window's time: all of a window have its end
 * ```
 *
 * A window is closed by a timeout of the clock, so a moment is told up to a window and the timeout's lateness after it
 * was, and never before, however long the program has not let the timeout run. In a window nothing is counted, so after
 * a few of them marks are looks again, until there have been many. While there is little to mark there is no window, no
 * timeout and nothing to be late.
 */
import type { Clock, Timeout } from "./clock.js";
import type { Moment } from "./moment.js";

export class MomentMarker {
  readonly #clock: Pick<Clock, "now" | "schedule">;
  #window: MarkWindow | undefined;
  #closer: Timeout | undefined;
  /** How many windows may follow before marks are counted again. */
  #windowsLeft = 0;
  /** Without a window: since when the marks are counted. */
  #since = Number.NEGATIVE_INFINITY;
  #marks = 0;

  constructor(clock: Pick<Clock, "now" | "schedule">) {
    this.#clock = clock;
  }

  /** Never throws. */
  mark(): Moment {
    return this.#window ?? this.#look();
  }

  #look(): number {
    const now = this.#clock.now();
    this.#marks++;
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#marks = 1;
    } else if (this.#marks >= MANY) {
      this.#windowsLeft = WINDOWS_IN_A_ROW;
      this.#open();
    }
    return now;
  }

  #open(): void {
    this.#windowsLeft--;
    try {
      if (this.#closer === undefined) this.#closer = this.#clock.schedule(WINDOW_MS, () => this.#close());
      else this.#closer.reschedule(WINDOW_MS);
      this.#window = new MarkWindow(this.#clock);
    } catch {
      // A timer that is full or stopped closes no window. Each mark goes on having its look.
      this.#since = Number.NEGATIVE_INFINITY;
    }
  }

  #close(): void {
    this.#window?.close();
    this.#window = undefined;
    this.#since = Number.NEGATIVE_INFINITY;
    if (this.#windowsLeft > 0) this.#open();
  }
}

class MarkWindow {
  readonly #clock: Pick<Clock, "now">;
  #endMs: number | undefined;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** As long as the window is open, and something may still be marked: now. */
  get timeMs(): number {
    return this.#endMs ?? this.#clock.now();
  }

  close(): void {
    this.#endMs = this.#clock.now();
  }
}

/** A tick of the default wheel: as late as the timeouts that such moments lead to are anyway. */
const WINDOW_MS = 10;
/** From here on the looks of a window's time take longer than a wake-up of the host's timer: 256 × 50 ns. */
const MANY = 256;
/** A tenth of a second: counting to many takes a thousandth of that. */
const WINDOWS_IN_A_ROW = 10;
