/**
 * A set of open channels: broadcast, close together, forget by themselves when they close.
 *
 * A channel may be in any number of groups. Bytes given to `write` are shared, not copied: each channel gets a
 * buffer of its own over the same memory. Servers may be members too: they are not written to, and closed first.
 *
 * @example
 * ```ts
 * const room = new ChannelGroup<string, string>();
 * room.add(channel);
 * const { failed } = await room.writeAndFlush("hello");
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import { EventEmitter } from "eventemitter3";
import type { Channel, CloseOptions } from "./channel.js";
import type { ChannelPromise } from "./channel-promise.js";

/** What became of a bulk operation. */
export interface ChannelGroupResult<In = any, Out = any> {
  readonly succeeded: number;
  /** The channels for which it failed, and why. */
  readonly failed: ReadonlyMap<Channel<In, Out>, Error>;
}

/** Which members an operation is for. @default all */
export type ChannelMatcher<In = any, Out = any> = (channel: Channel<In, Out>) => boolean;

export interface ChannelGroupEvents {
  /** A member failed, and it has no `error` listener of its own (only for the children of a server). */
  error: [error: Error, channel: Channel];
}

export class ChannelGroup<In = any, Out = any>
  extends EventEmitter<ChannelGroupEvents>
  implements Iterable<Channel<In, Out>>
{
  readonly #members = new Set<Channel<In, Out>>();
  /** One task for all members. */
  readonly #onceOver = (channel: Channel): void => void this.remove(channel);
  #stayClosed = false;

  get size(): number {
    return this.#members.size;
  }

  /** @returns whether it is a new member. In a group that stays closed the channel is closed instead. */
  add(channel: Channel<In, Out>): boolean {
    if (this.#members.has(channel) || !channel.isOpen) return false;
    if (this.#stayClosed) {
      channel.close();
      return false;
    }
    this.#members.add(channel);
    channel.onceOver(this.#onceOver);
    return true;
  }

  /** @returns whether it was a member */
  remove(channel: Channel<In, Out>): boolean {
    if (!this.#members.delete(channel)) return false;
    channel.forgetOnceOver(this.#onceOver);
    return true;
  }

  has(channel: Channel<In, Out>): boolean {
    return this.#members.has(channel);
  }

  /** Forgets all members without closing them. */
  clear(): void {
    for (const channel of [...this]) this.remove(channel);
  }

  [Symbol.iterator](): IterableIterator<Channel<In, Out>> {
    return this.#members.keys();
  }

  write(message: Out, matcher?: ChannelMatcher<In, Out>): Promise<ChannelGroupResult<In, Out>> {
    return this.#forEach(this.#select(matcher), (channel) => channel.write(share(message)));
  }

  flush(matcher?: ChannelMatcher<In, Out>): void {
    for (const channel of this.#select(matcher)) channel.flush();
  }

  writeAndFlush(message: Out, matcher?: ChannelMatcher<In, Out>): Promise<ChannelGroupResult<In, Out>> {
    return this.#forEach(this.#select(matcher), (channel) => channel.writeAndFlush(share(message)));
  }

  /**
   * Closes the members.
   *
   * @param options.stayClosed Also closes every channel added from now on, so that none slips in during a shutdown.
   */
  close(
    options?: CloseOptions & { readonly stayClosed?: boolean; readonly matcher?: ChannelMatcher<In, Out> },
  ): Promise<ChannelGroupResult<In, Out>> {
    this.#stayClosed ||= options?.stayClosed ?? false;
    const servers = this.#select(options?.matcher, true);
    return this.#forEach([...servers, ...this.#select(options?.matcher)], (channel) => channel.close(options));
  }

  /** Resolves when all present members have closed. */
  async allClosed(): Promise<void> {
    await Promise.all([...this].map((channel) => channel.closed));
  }

  /** The members an operation is for, as they are now: it may change them. */
  #select(matcher: ChannelMatcher<In, Out> = () => true, servers = false): Channel<In, Out>[] {
    return [...this].filter((channel) => "bind" in channel.engine.end === servers && matcher(channel));
  }

  async #forEach(
    channels: readonly Channel<In, Out>[],
    operation: (channel: Channel<In, Out>) => ChannelPromise,
  ): Promise<ChannelGroupResult<In, Out>> {
    const failed = new Map<Channel<In, Out>, Error>();
    let succeeded = 0;
    const finished = channels.map((channel) => {
      const promise = operation(channel);
      return new Promise<void>((resolve) => {
        promise.addListener((error) => {
          if (error === undefined) succeeded++;
          else failed.set(channel, error);
          resolve();
        });
      });
    });
    await Promise.all(finished);
    return { succeeded, failed };
  }
}

function share<M>(message: M): M {
  return message instanceof ByteBuf ? (message.duplicate() as M) : message;
}
