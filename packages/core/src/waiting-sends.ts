/**
 * The messages that `channel.send` keeps until the channel has room for them, in the order of the calls.
 *
 * ```
 *   send ──▶ [ a │ b │ c ] ──▶ written and flushed, one by one, as long as there is room
 *                  │            or, when the channel is no longer active, to learn what writes fail with
 *                  └ its signal: leaves, ABORTED
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "./channel.js";
import type { ChannelPromise } from "./channel-promise.js";

export class WaitingSends<Out> {
  readonly #channel: Channel<any, Out>;
  readonly #waiting = new Set<WaitingSend<Out>>();
  #isSending = false;

  constructor(channel: Channel<any, Out>) {
    this.#channel = channel;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Keeps a message; its signal has not been aborted. */
  add(message: Out, promise: ChannelPromise, signal: AbortSignal | undefined): void {
    const onAbort = () => {
      this.#leave(send);
      giveUp(promise, signal);
    };
    const send = { message, promise, signal, onAbort };
    this.#waiting.add(send);
    signal?.addEventListener("abort", onAbort);
  }

  /** Writes what there is room for. Room that comes and goes meanwhile is seen by the loop. */
  resume(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    for (const send of this.#waiting) {
      if (this.#channel.isActive && !this.#channel.isWritable) break;
      this.#leave(send);
      this.#channel.pipeline.tail.writeAndFlush(send.message, send.promise);
    }
    this.#isSending = false;
  }

  #leave(send: WaitingSend<Out>): void {
    this.#waiting.delete(send);
    send.signal?.removeEventListener("abort", send.onAbort);
  }
}

interface WaitingSend<Out> {
  readonly message: Out;
  readonly promise: ChannelPromise;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/** Fails a send because of its signal. Nobody else need be told: whoever has the signal has decided it. */
export function giveUp(promise: ChannelPromise, signal: AbortSignal | undefined): void {
  promise.addListener(() => {});
  promise.fail(new SluiceError("ABORTED", undefined, { cause: signal?.reason }));
}
