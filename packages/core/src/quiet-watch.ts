/**
 * Waits until a channel has been quiet for a while.
 *
 * ```
 *   traffic   ▮▮      ▮                         ▮: the end of a read burst, or queued messages that were sent
 *   queued    ──▄▄▄▄▄▄▄─────────────────
 *                       └── quietMs ──▶ onQuiet, once
 * ```
 *
 * Quiet means: nothing is queued, flushed or not, and neither a burst of input nor a write has ended for `quietMs`.
 * Traffic costs one look at the clock; the timeout moves only when it fires.
 */
import type { Channel } from "./channel.js";
import type { Timeout } from "./clock.js";

export class QuietWatch {
  readonly #channel: Channel<any, any>;
  readonly #quietMs: number;
  readonly #onQuiet: () => void;
  readonly #timeout: Timeout;
  #lastTraffic: number;

  constructor(channel: Channel<any, any>, quietMs: number, onQuiet: () => void) {
    this.#channel = channel;
    this.#quietMs = quietMs;
    this.#onQuiet = onQuiet;
    const { clock, engine } = channel;
    this.#lastTraffic = clock.now();
    engine.onTraffic = () => {
      this.#lastTraffic = clock.now();
    };
    this.#timeout = clock.schedule(quietMs, () => this.#check());
  }

  stop(): void {
    this.#timeout.cancel();
    this.#channel.engine.onTraffic = undefined;
  }

  #check(): void {
    if (!this.#channel.isOpen) return;
    const { clock, engine } = this.#channel;
    // What is queued is traffic when it has been sent: no sooner than now.
    const quietSince = engine.queue.pendingBytes > 0 ? clock.now() : this.#lastTraffic;
    const restMs = quietSince + this.#quietMs - clock.now();
    if (restMs > 0) return this.#timeout.reschedule(restMs);
    this.stop();
    this.#onQuiet();
  }
}
