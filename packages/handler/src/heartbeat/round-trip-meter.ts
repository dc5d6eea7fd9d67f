/**
 * Tells which pong answers which ping, and how long the last one took.
 *
 * Only a pong to the last ping is measured: of a ping that was repeated nobody knows which one was answered.
 */
import { type RoundTripTime, roundTripTimeAfter } from "./round-trip-time.js";

export class RoundTripMeter {
  #sequence = 0;
  #unanswered = 0;
  #pingedAt = 0;
  #time: RoundTripTime | undefined;

  /** Number of the last ping. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Pings without a pong so far. */
  get unanswered(): number {
    return this.#unanswered;
  }

  get time(): RoundTripTime | undefined {
    return this.#time;
  }

  pinged(now: number): void {
    this.#sequence++;
    this.#unanswered++;
    this.#pingedAt = now;
  }

  /**
   * A pong has arrived.
   *
   * @param sequence The ping it answers; `undefined`: the oldest that has no pong.
   * @param isAmbiguous It may be no pong at all: it counts as one, and is not measured.
   * @returns whether it was measured
   */
  ponged(sequence: number | undefined, now: number, isAmbiguous: boolean): boolean {
    if (this.#unanswered === 0) return false;
    if (sequence === undefined) this.#unanswered--;
    else if (sequence === this.#sequence) this.#unanswered = 0;
    else return false;
    if (this.#unanswered > 0 || isAmbiguous) return false;
    this.#time = roundTripTimeAfter(this.#time, now - this.#pingedAt);
    return true;
  }
}
