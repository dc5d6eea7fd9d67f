import type { ByteBuf } from "@sluice/buffer";
import type { ChunkSource } from "./chunk-source.js";

/** How far a stream has been sent. */
export interface StreamProgress {
  /** Bytes that have been handed to the system. */
  readonly bytes: number;
  /** Chunks, or the pieces long ones were cut into, that have. */
  readonly chunks: number;
}

export interface ChunkedInputOptions {
  /** Ends the stream: its write fails with ABORTED. If a part of it has been written, see `onInterruption` of the handler. */
  readonly signal?: AbortSignal;
  /** Called whenever a chunk has been handed to the system. */
  readonly onProgress?: (progress: StreamProgress) => void;
}

/**
 * A message that is sent chunk by chunk, for a {@link ChunkedWriteHandler}: a file, a stream, whatever an async generator
 * makes.
 *
 * Give it a function that opens the source where that is possible: it is called when the stream's turn has come, so a
 * stream that waits holds nothing, and one that is refused has nothing to close. A source that is given open must not fail
 * before its turn; nobody listens to it until then.
 *
 * Chunks are `Uint8Array`s, which become buffers without a copy, or `T`s, which may be written behind the handler. The source
 * is closed exactly once: by its end, or by `return`, `cancel` or `destroy` when the stream is not sent to its end.
 * An input is written once.
 *
 * @example
 * ```ts
 * await channel.writeAndFlush(new ChunkedInput(() => createReadStream("large.bin")));
 * ```
 */
export class ChunkedInput<T = ByteBuf> {
  readonly source: ChunkSource<T | Uint8Array>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: StreamProgress) => void) | undefined;

  constructor(source: ChunkSource<NoInfer<T> | Uint8Array>, options: ChunkedInputOptions = {}) {
    this.source = source;
    this.signal = options.signal;
    this.onProgress = options.onProgress;
  }
}
