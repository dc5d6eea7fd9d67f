/**
 * The right to use a channel of a pool, until it is given back: once, however often that is asked for.
 *
 * @example
 * ```ts
 * using lease = await pool.lease();
 * await lease.channel.send("PING");
 * ```
 */
import type { Channel } from "../channel.js";

export interface ReleaseOptions {
  /**
   * Whether the channel must not be used again, because a conversation on it has been broken off; it is cut.
   * @default false
   */
  readonly discard?: boolean;
}

export class ChannelLease<In = any, Out = any> implements Disposable {
  readonly channel: Channel<In, Out>;
  #giveBack: ((options: ReleaseOptions) => void) | undefined;

  constructor(channel: Channel<In, Out>, giveBack: (options: ReleaseOptions) => void) {
    this.channel = channel;
    this.#giveBack = giveBack;
  }

  /** Whether the channel has been given back: it may be somebody else's by now. */
  get isOver(): boolean {
    return this.#giveBack === undefined;
  }

  /** Gives the channel back. A second call does nothing. */
  release(options: ReleaseOptions = {}): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(options);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
