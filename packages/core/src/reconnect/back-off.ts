/**
 * How long to wait before the next attempt: exponential back-off with full jitter.
 *
 * ```
 *   wait         1st      2nd          3rd                 4th …
 *   window    [0, 1 s)  [0, 2 s)     [0, 4 s)            [0, 8 s)      doubled each time, up to the cap
 *   delay       ·         ·              ·             ·               anywhere in its window, all places alike
 * ```
 *
 * A server that restarts loses all its clients in one moment. Were they to come back after a fixed delay, however long,
 * they would come in one moment too. Spread over the whole window, the part of them that comes within any `t`
 * milliseconds is `t / window`: with the defaults no tenth of a second sees more than a tenth of them.
 */

export interface BackOffOptions {
  /** Above 0, as 0 would never grow. */
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
  /** A number from 0 up to 1, as `Math.random` gives. */
  readonly random: () => number;
}

export class BackOff {
  readonly #options: BackOffOptions;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The length of the window of the `wait`-th wait, 1 being the first. */
  windowMs(wait: number): number {
    const { initialDelayMs, maxDelayMs, factor } = this.#options;
    return Math.min(initialDelayMs * factor ** (wait - 1), maxDelayMs);
  }

  /** A delay from that window; its end for a random number that is none. */
  delayMs(wait: number): number {
    const random = this.#options.random();
    return (random >= 0 && random < 1 ? random : 1) * this.windowMs(wait);
  }
}
