/**
 * A set of open channels: broadcast, close together, forget by themselves when they close.
 *
 * A channel may be in any number of groups. Bytes given to `write` are shared, not copied: each channel gets a
 * buffer of its own over the same memory.
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
  readonly #members = new Map<Channel<In, Out>, () => void>();
  #stayClosed = false;

  get size(): number {
    return this.#members.size;
  }

  /** @returns false when it is a member already. In a group that stays closed the channel is closed instead. */
  add(channel: Channel<In, Out>): boolean {
    if (this.#members.has(channel)) return false;
    if (this.#stayClosed || !channel.isOpen) {
      channel.close();
      return this.#stayClosed;
    }
    const remove = () => this.remove(channel);
    this.#members.set(channel, remove);
    channel.once("close", remove);
    return true;
  }

  /** @returns whether it was a member */
  remove(channel: Channel<In, Out>): boolean {
    const listener = this.#members.get(channel);
    if (listener === undefined) return false;
    channel.off("close", listener);
    return this.#members.delete(channel);
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
    return this.#forEach(matcher, (channel) => channel.write(share(message)));
  }

  flush(matcher?: ChannelMatcher<In, Out>): void {
    for (const channel of [...this]) if (matcher?.(channel) ?? true) channel.flush();
  }

  writeAndFlush(message: Out, matcher?: ChannelMatcher<In, Out>): Promise<ChannelGroupResult<In, Out>> {
    return this.#forEach(matcher, (channel) => channel.writeAndFlush(share(message)));
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
    return this.#forEach(options?.matcher, (channel) => channel.close(options));
  }

  /** Resolves when all present members have closed. */
  async allClosed(): Promise<void> {
    await Promise.all([...this].map((channel) => channel.closed));
  }

  async #forEach(
    matcher: ChannelMatcher<In, Out> | undefined,
    operation: (channel: Channel<In, Out>) => ChannelPromise,
  ): Promise<ChannelGroupResult<In, Out>> {
    const failed = new Map<Channel<In, Out>, Error>();
    let succeeded = 0;
    const started: Promise<void>[] = [];
    for (const channel of [...this]) {
      if (matcher !== undefined && !matcher(channel)) continue;
      const promise = operation(channel);
      started.push(
        new Promise((resolve) => {
          promise.addListener((error) => {
            if (error === undefined) succeeded++;
            else failed.set(channel, error);
            resolve();
          });
        }),
      );
    }
    await Promise.all(started);
    return { succeeded, failed };
  }
}

function share<M>(message: M): M {
  return message instanceof ByteBuf ? (message.duplicate() as M) : message;
}
