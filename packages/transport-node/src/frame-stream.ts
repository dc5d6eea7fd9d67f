/**
 * Decoders in Node streams.
 *
 * ```
 *   socket, file … ──▶ .pipe(new FrameStream(decoder)) ──▶ object mode: frame, frame, …
 * ```
 */
import { Transform, type TransformCallback } from "node:stream";
import type { ChannelHandler } from "@sluice/core";
import { FrameReader, type FrameReaderDecoder } from "@sluice/core/embedded";

export interface FrameStreamOptions {
  /**
   * Gets each error as it is found, behind the frames before it have been pushed; the stream goes on.
   * @default the stream is destroyed with the first error, as soon as the frames before it have been read
   */
  readonly onError?: (error: Error) => void;
  /**
   * Frames that may wait to be read before the next chunk is decoded.
   * @default 16, as any stream of objects
   */
  readonly readableHighWaterMark?: number;
}

/**
 * Makes a stream of frames of a stream of bytes.
 *
 * Back-pressure is the stream's own: while frames wait to be read no chunk is decoded. Frames are slices of the chunks.
 *
 * No frame in front of an error is lost, and none depends on how the bytes were cut: the stream is destroyed when they
 * have been read. With `onError` a fatal error ends the stream behind them, and what is written then is dropped.
 *
 * @example
 * ```ts
 * for await (const line of socket.pipe(new FrameStream(new LineBasedFrameDecoder()))) console.log(line.toString());
 * ```
 */
export class FrameStream<T> extends Transform {
  readonly #reader: FrameReader<T>;
  /** Waits until what was pushed has been read. */
  #failWhenRead: (() => void) | undefined = undefined;

  /** @param decoder One decoder, or a list whose last one makes the messages. */
  constructor(decoder: FrameReaderDecoder<T> | readonly ChannelHandler[], options: FrameStreamOptions = {}) {
    const { readableHighWaterMark } = options;
    super({ readableObjectMode: true, ...(readableHighWaterMark === undefined ? {} : { readableHighWaterMark }) });
    this.#reader = new FrameReader<T>(decoder, { onError: options.onError });
  }

  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<T> {
    return super[Symbol.asyncIterator]() as NodeJS.AsyncIterator<T>;
  }

  override read(size?: number): T | null {
    const frame: T | null = super.read(size);
    const fail = this.#failWhenRead;
    if (fail !== undefined && this.readableLength === 0) {
      this.#failWhenRead = undefined;
      // Not at once: whoever reads has this frame only when this call has returned.
      queueMicrotask(fail);
    }
    return frame;
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#pushAll(this.#reader.push(chunk), callback);
  }

  override _flush(callback: TransformCallback): void {
    this.#pushAll(this.#reader.end(), callback);
  }

  #pushAll(frames: Iterable<T>, callback: TransformCallback): void {
    try {
      for (const frame of frames) this.push(frame);
    } catch (error) {
      const fail = () => callback(error as Error);
      if (this.readableLength === 0) fail();
      else this.#failWhenRead = fail;
      return;
    }
    if (!this.#reader.isOpen) this.push(null);
    callback();
  }
}
