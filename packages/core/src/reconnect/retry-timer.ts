/**
 * The time between two attempts.
 *
 * Sluice's own clock keeps no process alive, and between two attempts there is no socket that would. A program that has
 * nothing to do but to wait for its server would end there, so the wait holds it, with a host timer that does nothing.
 * A clock of the user's own is not interfered with.
 */
import type { Clock, Timeout } from "../clock.js";
import { systemClock } from "../system-clock.js";

export class RetryTimer {
  readonly #clock: Clock;
  #timeout: Timeout | undefined;
  #hold: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws CAPACITY_EXCEEDED, TIMER_STOPPED */
  start(delayMs: number, task: () => void): void {
    this.#timeout = this.#clock.schedule(delayMs, () => {
      this.#release();
      task();
    });
    if (this.#clock === systemClock) this.#hold = setTimeout(() => {}, LONGEST_HOST_TIMEOUT_MS);
  }

  cancel(): void {
    this.#timeout?.cancel();
    this.#release();
  }

  #release(): void {
    if (this.#hold !== undefined) clearTimeout(this.#hold);
    this.#hold = undefined;
  }
}

/** Some three weeks; hosts run a longer one at once. */
const LONGEST_HOST_TIMEOUT_MS = 2 ** 31 - 1;
