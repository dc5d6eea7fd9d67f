/**
 * What has passed a traffic shaping handler, in all and per interval.
 *
 * ```
 *   ──┬────────────────┬────────────────┬───────▶ time
 *     │      gone      │ lastInterval   │ thisInterval …
 * ```
 *
 * Intervals are cut when something passes or somebody looks, so counting needs no timer.
 */

/** Both directions, in bytes, or in whatever `sizeOf` counts. A copy: it does not change. */
export interface TrafficSnapshot {
  readonly read: DirectionSnapshot;
  readonly written: DirectionSnapshot;
  /** Writes that are held back now. */
  readonly heldWrites: number;
  /** Their bytes. */
  readonly heldBytes: number;
  /** Channels that are not being read now because of the limit. */
  readonly pausedReads: number;
}

export interface DirectionSnapshot {
  /** In all. */
  readonly total: number;
  /** In the interval that goes on. */
  readonly thisInterval: number;
  /** In the last complete interval. */
  readonly lastInterval: number;
  /** Per second, in the last complete interval. */
  readonly perSecond: number;
  /** How often a write was held back, or reading was paused. */
  readonly delays: number;
  /** Milliseconds these took together, those that have ended. */
  readonly delayMs: number;
}

/** One direction. */
export class DirectionCounter {
  readonly #intervalMs: number;
  #intervalStart: number | undefined;
  #total = 0;
  #thisInterval = 0;
  #lastInterval = 0;
  #delays = 0;
  #delayMs = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  passed(amount: number, now: number): void {
    this.#roll(now);
    this.#total += amount;
    this.#thisInterval += amount;
  }

  delayBegan(): void {
    this.#delays++;
  }

  delayEnded(durationMs: number): void {
    this.#delayMs += durationMs;
  }

  snapshot(now: number): DirectionSnapshot {
    this.#roll(now);
    return {
      total: this.#total,
      thisInterval: this.#thisInterval,
      lastInterval: this.#lastInterval,
      perSecond: (this.#lastInterval * 1000) / this.#intervalMs,
      delays: this.#delays,
      delayMs: this.#delayMs,
    };
  }

  #roll(now: number): void {
    this.#intervalStart ??= now;
    const ended = Math.floor((now - this.#intervalStart) / this.#intervalMs);
    if (ended === 0) return;
    this.#lastInterval = ended === 1 ? this.#thisInterval : 0;
    this.#thisInterval = 0;
    this.#intervalStart += ended * this.#intervalMs;
  }
}
