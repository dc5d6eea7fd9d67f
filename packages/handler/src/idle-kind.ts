/** One kind of idle event of one handler: how long its silence is, when it was reported last, what counts as moving. */
import type { IdleState } from "./idle-state-event.js";
import { OutputWatch } from "./output-watch.js";

export class IdleKind {
  readonly state: IdleState;
  readonly periodMs: number;
  readonly output: OutputWatch | undefined;
  /** Undefined as long as there was no event. */
  firedAt: number | undefined = undefined;

  constructor(state: IdleState, periodMs: number, observeOutput: boolean) {
    this.state = state;
    this.periodMs = periodMs;
    this.output = observeOutput && state !== "READER_IDLE" ? new OutputWatch() : undefined;
  }

  /** When the next event is due, if there is no traffic after `last`. */
  deadline(last: number): number {
    // In this order the sum is the very deadline the clock was given. `period - (now - last)` could leave a rest too
    // small to move the time of day, and be asked again for ever.
    return (this.firedAt === undefined ? last : Math.max(last, this.firedAt)) + this.periodMs;
  }
}
