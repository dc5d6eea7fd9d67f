/**
 * How much may pass, on average and at once.
 *
 * ```
 *   burst ┤■■■■■╲                ╱■■■■■■■■■■   full: nothing more is saved up
 *         │      ╲   perSecond  ╱
 *       0 ┼───────╲────────────╱────────────▶ time
 *         │        ╲■■■■■■■■■■╱                debt: what was taken although it was not there
 * ```
 *
 * In any span of time at most `burst + span × perSecond` passes those who wait (`waitMs`) before they take. Who cannot
 * wait, because it has happened already, takes and goes into debt; the average is kept all the same.
 *
 * It is one number, the moment at which the bucket is full again, so nothing has to run while nothing happens. The clock
 * belongs to the caller: each method is told the time.
 */
import { SluiceError } from "@sluice/buffer";

export interface RateLimit {
  /** What may pass in a second: bytes, messages, whatever is counted. */
  readonly perSecond: number;
  /** What may pass at once after a pause. @default as much as in a second */
  readonly burst?: number;
}

/**
 * A token bucket, full at first.
 *
 * @example
 * ```ts
 * const logins = new TokenBucket({ perSecond: 2, burst: 10 });
 * if (logins.waitMs(1, clock.now()) > 0) refuse();
 * else logins.take(1, clock.now());
 * ```
 */
export class TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
  readonly #msPerToken: number;
  #fullAt = Number.NEGATIVE_INFINITY;

  /** @throws INVALID_ARGUMENT unless both are positive and finite */
  constructor({ perSecond, burst = perSecond }: RateLimit) {
    for (const [name, value] of Object.entries({ perSecond, burst })) {
      if (value > 0 && value < Number.POSITIVE_INFINITY) continue;
      throw new SluiceError("INVALID_ARGUMENT", `${name} must be a positive number, not ${value}`);
    }
    this.perSecond = perSecond;
    this.burst = burst;
    this.#msPerToken = 1000 / perSecond;
  }

  /** What is there; negative in debt. */
  level(now: number): number {
    return this.burst - Math.max(0, this.#fullAt - now) / this.#msPerToken;
  }

  /** Milliseconds until `amount` is there, 0 if it is. More than the burst is there when the bucket is full. */
  waitMs(amount: number, now: number): number {
    const spare = this.burst - Math.min(amount, this.burst);
    const wait = this.#fullAt - spare * this.#msPerToken - now;
    return wait > ROUNDING_MS ? wait : 0;
  }

  /** Takes `amount`, whether it is there or not. */
  take(amount: number, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + amount * this.#msPerToken;
  }
}

/** A nanosecond is no time, but what sums of fractions leave over: nobody must wait for it, and wait again. */
const ROUNDING_MS = 1e-6;
