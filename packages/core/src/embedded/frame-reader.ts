/**
 * Decoders without a channel: chunks in, messages out, for programs that have a socket or a file already.
 *
 * ```
 *                 ┌──────────┐   ┌──────────┐   ┌─────────────────────────────┐
 *   push(chunk) ─▶│ decoder  │──▶│ decoder… │──▶│ frame │ frame │ error │ frame │──▶ for (const frame of reader)
 *                 └──────────┘   └──────────┘   └─────────────────────────────┘
 *                                                 in the order of the stream
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "../channel-handler.js";
import { EmbeddedChannel } from "./embedded-channel.js";

export interface FrameReaderOptions {
  /**
   * Gets each error when the loop comes to its place among the frames; the loop goes on behind it.
   * @default the loop throws it
   */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** A handler that makes a `T` of bytes: any frame decoder. */
export type FrameReaderDecoder<T> = ChannelHandler & { readonly "~inbound": (message: ByteBuf) => T };

/**
 * Runs a decoder, or several in a row, over chunks of bytes.
 *
 * `push` decodes at once and returns the reader, which iterates over what is there. Nothing is lost and nothing changes
 * its place, whether the loop is left early or an error is thrown out of it: the next loop goes on with what follows.
 *
 * Frames are slices of the chunks, as in a pipeline: pass a copy of memory that will be written again. What is not taken
 * out is kept.
 *
 * After a fatal error the reader is no longer open: further bytes are dropped and counted. After `end` there is nothing
 * to push to: `push` throws CHANNEL_CLOSED. The decoders may not write: that fails with UNSUPPORTED_MESSAGE.
 *
 * @example
 * ```ts
 * const reader = new FrameReader(new LineBasedFrameDecoder());
 * for await (const chunk of socket) for (const line of reader.push(chunk)) console.log(line.toString());
 * for (const line of reader.end()) console.log(line.toString());
 * ```
 */
export class FrameReader<T = any> implements IterableIterator<T, undefined> {
  readonly #channel: EmbeddedChannel;
  readonly #onError: ((error: Error) => void) | undefined;
  /** Frames, and errors as failures, from `#at` on. */
  readonly #ready: (T | Failure)[] = [];
  #at = 0;
  #hasEnded = false;
  #droppedBytes = 0;

  /** @param decoder One decoder, or a list whose last one makes the messages. */
  constructor(decoder: FrameReaderDecoder<T> | readonly ChannelHandler[], options: FrameReaderOptions = {}) {
    this.#onError = options.onError;
    const ready = this.#ready;
    this.#channel = new EmbeddedChannel({
      handlers: [
        NO_OUTPUT,
        ...(isList(decoder) ? decoder : [decoder]),
        {
          channelRead: (_ctx, message: T) => ready.push(message),
          exceptionCaught: (_ctx, error) => ready.push(new Failure(error)),
        },
      ],
    });
  }

  /** False after `end` and after a fatal error. */
  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** Bytes pushed after a fatal error; the decoder has counted what it dropped itself. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Decodes one chunk. @throws CHANNEL_CLOSED after `end` */
  push(chunk: Uint8Array): this {
    if (this.#hasEnded) throw new SluiceError("CHANNEL_CLOSED", "the reader has been told of the end of the stream");
    this.#forgetTaken();
    if (this.isOpen) {
      this.#channel.writeOneInbound(ByteBuf.from(chunk));
      if (this.isOpen) this.#channel.flushInbound();
    } else this.#droppedBytes += chunk.length;
    return this;
  }

  /** The stream has ended as it should: what is incomplete becomes FRAME_TRUNCATED. Do not call it for one that broke. */
  end(): this {
    this.#hasEnded = true;
    this.#channel.engine.inputShutdown();
    this.#channel.runPendingTasks();
    return this;
  }

  /** The next frame. More may follow after the iterator was done. @throws the next error, unless there is an `onError` */
  next(): IteratorResult<T, undefined> {
    const ready = this.#ready;
    while (this.#at < ready.length) {
      const entry = ready[this.#at++] as T | Failure;
      if (!(entry instanceof Failure)) return { done: false, value: entry };
      if (this.#onError === undefined) throw entry.error;
      this.#onError(entry.error);
    }
    this.#forgetTaken();
    return DONE;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** Not after each frame: that would move all the others each time. */
  #forgetTaken(): void {
    const ready = this.#ready;
    if (this.#at === ready.length) ready.length = 0;
    else if (this.#at * 2 < ready.length) return;
    else ready.splice(0, this.#at);
    this.#at = 0;
  }
}

/** Tells an error from a message that happens to be one. */
class Failure {
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

function isList<T>(decoder: FrameReaderDecoder<T> | readonly ChannelHandler[]): decoder is readonly ChannelHandler[] {
  return Array.isArray(decoder);
}

const NO_OUTPUT: ChannelHandler = {
  sharable: true,
  write: () => {
    throw new SluiceError("UNSUPPORTED_MESSAGE", "a FrameReader has nowhere to write to");
  },
};

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };
