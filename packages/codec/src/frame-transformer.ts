/**
 * Decoders in Web Streams.
 *
 * ```
 *   ReadableStream<Uint8Array> ──▶ new TransformStream(new FrameTransformer(decoder, …)) ──▶ ReadableStream<frame>
 * ```
 */
import type { ChannelHandler } from "@sluice/core";
import { FrameReader, type FrameReaderDecoder } from "@sluice/core/embedded";

export interface FrameTransformerOptions {
  /**
   * Gets each error as it is found, behind the frames before it have been enqueued.
   *
   * An error in the stream itself would not do: web streams then drop what has been enqueued and not read, so which
   * frames arrive would depend on how the bytes were cut. What this function throws becomes such an error.
   */
  readonly onError: (error: Error) => void;
}

/** What is used of a stream's controller. */
export interface FrameController<T> {
  enqueue(frame: T): void;
  terminate(): void;
}

/**
 * Makes a stream of frames of a stream of bytes: the argument of a `TransformStream`, which any host with web streams has.
 * The package itself needs none.
 *
 * Back-pressure is the stream's own: the next chunk is decoded when the frames of the last one have been read. Frames are
 * slices of the chunks.
 *
 * After a fatal error the readable side ends behind the frames that are there, and the writable side is aborted, as
 * `terminate` does.
 *
 * @example
 * ```ts
 * const onError = (error: Error) => report(error);
 * const lines = response.body.pipeThrough(new TransformStream(new FrameTransformer(new LineBasedFrameDecoder(), { onError })));
 * for await (const line of lines) console.log(line.toString());
 * ```
 */
export class FrameTransformer<T> {
  readonly #reader: FrameReader<T>;

  /** @param decoder One decoder, or a list whose last one makes the messages. */
  constructor(decoder: FrameReaderDecoder<T> | readonly ChannelHandler[], options: FrameTransformerOptions) {
    this.#reader = new FrameReader<T>(decoder, options);
  }

  transform(chunk: Uint8Array, controller: FrameController<T>): void {
    for (const frame of this.#reader.push(chunk)) controller.enqueue(frame);
    if (!this.#reader.isOpen) controller.terminate();
  }

  flush(controller: FrameController<T>): void {
    for (const frame of this.#reader.end()) controller.enqueue(frame);
  }
}
