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
import { ByteToMessageDecoder, type DecoderOptions } from "./byte-to-message-decoder.js";
import { checkBytes } from "./frame-limits.js";
import type { MessageSink } from "./message-sink.js";

export interface FixedLengthFrameDecoderOptions extends DecoderOptions {
  /** Bytes of each frame, at least 1. */
  readonly frameLength: number;
}

/**
 * Frames of a fixed number of bytes, as slices of what arrived.
 *
 * Errors: FRAME_TRUNCATED when the stream ends inside a frame. The constructor throws INVALID_ARGUMENT.
 */
export class FixedLengthFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #frameLength: number;

  constructor(options: FixedLengthFrameDecoderOptions) {
    const frameLength = checkBytes("frameLength", options.frameLength, 1);
    super({ ...options, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#frameLength = frameLength;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf, out: MessageSink<ByteBuf>): void {
    if (input.readableBytes >= this.#frameLength) out.push(input.readSlice(this.#frameLength));
    else this.need(this.#frameLength);
  }
}
