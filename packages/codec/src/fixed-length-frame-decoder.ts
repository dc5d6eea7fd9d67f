/**
 * Cuts a stream into frames of one length.
 *
 * ```
 *   frameLength = 3
 *
 *   BEFORE                              AFTER
 *   +---+----+------+----+             +-----+-----+-----+
 *   | A | BC | DEFG | HI |  ────────▶  | ABC | DEF | GHI |
 *   +---+----+------+----+             +-----+-----+-----+
 * ```
 */
import type { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes } from "./frame-limits.js";
import { checkPadding, unpaddedLength } from "./frame-padding.js";

export interface FixedLengthFrameDecoderOptions extends DecoderOptions {
  /** Bytes of each frame, at least 1. */
  readonly frameLength: number;
  /**
   * The byte that frames are filled up with, to be taken off their ends; a frame of nothing else becomes an empty one.
   * @default frames keep all their bytes
   */
  readonly stripPadding?: number;
}

/**
 * Frames of a fixed number of bytes, as slices of what arrived.
 *
 * Errors: FRAME_TRUNCATED when the stream ends inside a frame. The constructor throws INVALID_ARGUMENT.
 */
export class FixedLengthFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #frameLength: number;
  readonly #padding: number | undefined;

  constructor(options: FixedLengthFrameDecoderOptions) {
    const frameLength = checkBytes("frameLength", options.frameLength, 1);
    super({ ...options, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#frameLength = frameLength;
    if (options.stripPadding !== undefined) this.#padding = checkPadding("stripPadding", options.stripPadding);
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    if (input.readableBytes < this.#frameLength) return this.need(this.#frameLength);
    if (this.#padding === undefined) return input.readSlice(this.#frameLength);
    const start = input.readerIndex;
    input.readerIndex = start + this.#frameLength;
    return input.slice(start, unpaddedLength(input, start, this.#frameLength, this.#padding));
  }
}
