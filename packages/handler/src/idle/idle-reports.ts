/**
 * What a handler has reported of a silence: when each kind was last, and how the output stood then. Most channels are
 * never silent for so long, so a handler has this from its first event on.
 */
import type { IdleState } from "./idle-state-event.js";
import { OutputWatch } from "./output-watch.js";

export class IdleReports {
  /** When the last event of a kind was; none that has not been. */
  readonly at: Record<IdleState, number> = { READER_IDLE: NEVER, WRITER_IDLE: NEVER, ALL_IDLE: NEVER };
  /** One for each kind, as each compares the output with its own last look. */
  readonly #outputs: Partial<Record<IdleState, OutputWatch>> = {};

  output(state: IdleState): OutputWatch {
    this.#outputs[state] ??= new OutputWatch();
    return this.#outputs[state];
  }
}

const NEVER = Number.NEGATIVE_INFINITY;
