/**
 * What all decoders do whose frames end in a delimiter; how the delimiter is found is the search's business.
 *
 * ```
 *                 delimiter found, content within the limit: a frame
 *   ┌─────────┐ ◀──────────────────────────────────────────────────────┐
 *   │ reading │ ───────────────────────────────────────────────────────┘
 *   └─────────┘ ◀─────────────────────── delimiter found ──────────────┐
 *        │                                                        ┌────────────┐
 *        └── more content than the limit, no delimiter yet ─────▶ │ discarding │ drops content as it comes
 *            (FRAME_TOO_LONG, or with failFast false on the way   └────────────┘
 *            back, or at the end of the stream)
 * ```
 */
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";
import type { DelimiterSearch } from "./delimiter-search.js";

export interface DelimitedFrames extends DecoderOptions {
  readonly search: DelimiterSearch;
  readonly longestDelimiter: number;
  readonly maxLength: number;
  readonly stripDelimiter: boolean;
  readonly failFast: boolean;
}

/** Not exported by the package: `LineBasedFrameDecoder` and `DelimiterBasedFrameDecoder` are. */
export abstract class DelimitedFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #search: DelimiterSearch;
  readonly #maxLength: number;
  readonly #strip: boolean;
  readonly #failFast: boolean;
  #discarding = false;
  /** To be reported when the frame that is being discarded ends. */
  #tooLong: SluiceError | undefined = undefined;

  constructor(frames: DelimitedFrames) {
    const maxUnreadBytes = frames.maxLength + frames.longestDelimiter - 1;
    super({ ...frames, maxUnreadBytes, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#search = frames.search;
    this.#maxLength = frames.maxLength;
    this.#strip = frames.stripDelimiter;
    this.#failFast = frames.failFast;
  }

  protected override get isSkipping(): boolean {
    return this.#discarding;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    return this.#decode(input, false);
  }

  protected override decodeLast(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    const frame = input.isReadable() ? this.#decode(input, true) : undefined;
    if (!this.#discarding) return frame;
    input.skipBytes(input.readableBytes);
    return this.#endDiscarding();
  }

  #decode(input: ByteBuf, atEnd: boolean): Decoded<ByteBuf> {
    const search = this.#search;
    const length = search.find(input, atEnd);
    this.scanned(search.examined);
    if (length < 0) return this.#unfinished(input);
    const { delimiterLength } = search;
    if (this.#discarding || length > this.#maxLength) return this.#oversized(input, length, delimiterLength);
    if (delimiterLength === 0) throw this.#misplaced(input, length);
    const start = input.readerIndex;
    const frame = input.slice(start, this.#strip ? length : length + delimiterLength);
    input.readerIndex = start + length + delimiterLength;
    return frame;
  }

  #unfinished(input: ByteBuf): void {
    if (!this.#discarding && input.readableBytes <= this.#maxLength) return;
    const content = input.readableBytes - this.#search.pending(input);
    if (!this.#discarding) {
      if (content <= this.#maxLength) return;
      this.#startDiscarding();
    }
    input.skipBytes(content);
    this.#search.dropped(content);
    if (this.#failFast) this.#report();
  }

  /** The end of a frame that is too long has been found. */
  #oversized(input: ByteBuf, length: number, delimiterLength: number): void {
    if (!this.#discarding) this.#startDiscarding();
    if (delimiterLength === 0) {
      input.skipBytes(length);
      this.#report();
      throw this.#misplaced(input, 0);
    }
    input.skipBytes(length + delimiterLength);
    this.#endDiscarding();
  }

  #misplaced(input: ByteBuf, at: number): SluiceError {
    input.skipBytes(at);
    return this.frameError("FRAME_CORRUPTED", "a byte that must only end a delimiter stands alone", 1);
  }

  #startDiscarding(): void {
    const limit = this.#maxLength;
    // Neither the length nor more bytes than these: how much there is to see depends on how the stream was cut.
    this.#tooLong = this.frameError("FRAME_TOO_LONG", `a frame is longer than ${limit} bytes`, limit + 1, { limit });
    this.#discarding = true;
  }

  #endDiscarding(): void {
    this.#discarding = false;
    this.#report();
  }

  #report(): void {
    const error = this.#tooLong;
    this.#tooLong = undefined;
    if (error !== undefined) throw error;
  }
}
