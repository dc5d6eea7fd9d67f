/**
 * Makes all messages as long as each other.
 *
 * ```
 *   frameLength = 5   padding = 0x20 (space)
 *
 *   BEFORE ENCODE                    AFTER ENCODE
 *   +----+-------+                   +-------+-------+
 *   | AB | CDEFG |  ──────────────▶  | AB␠␠␠ | CDEFG |
 *   +----+-------+                   +-------+-------+
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { checkBytes } from "./frame-limits.js";
import { checkPadding } from "./frame-padding.js";

export interface FixedLengthFrameEncoderOptions {
  /** Bytes of each frame, at least 1. */
  readonly frameLength: number;
  /**
   * The byte that fills up what is too short.
   * @default 0x20, a space
   */
  readonly padding?: number;
}

/**
 * The counterpart of `FixedLengthFrameDecoder`. Takes `ByteBuf`s; other messages pass unchanged. Sharable.
 *
 * A message of just the length passes as it is; a shorter one is copied in front of its padding. With `stripPadding` the
 * decoder takes the padding off again, and with it the last bytes of a message that ends in the padding byte itself:
 * choose one that messages do not end in.
 *
 * A longer message fails the write with ENCODE_FAILED (`length`, `limit`); nothing of it is sent. The constructor throws
 * INVALID_ARGUMENT.
 */
export class FixedLengthFrameEncoder extends ChannelOutboundHandler<ByteBuf, ByteBuf> {
  override readonly sharable = true;
  readonly #frameLength: number;
  readonly #padding: number;

  constructor(options: FixedLengthFrameEncoderOptions) {
    super();
    this.#frameLength = checkBytes("frameLength", options.frameLength, 1);
    this.#padding = checkPadding("padding", options.padding ?? SPACE);
  }

  override write(
    ctx: ChannelHandlerContext<unknown, ByteBuf>,
    message: ByteBuf,
    completion: Completion | undefined,
  ): void {
    const fits = !(message instanceof ByteBuf) || message.readableBytes === this.#frameLength;
    ctx.write(fits ? message : this.#padded(message), completion);
  }

  #padded(message: ByteBuf): ByteBuf {
    const length = message.readableBytes;
    const limit = this.#frameLength;
    if (length > limit) {
      throw new SluiceError("ENCODE_FAILED", `a message of ${length} bytes does not fit a frame of ${limit}`, {
        length,
        limit,
      });
    }
    // Not into free room behind the message: a duplicate that somebody kept may own that as well.
    const frame = ByteBuf.alloc(limit).writeBytes(message);
    const start = frame.arrayOffset + length;
    frame.array.fill(this.#padding, start, frame.arrayOffset + limit);
    frame.writerIndex = limit;
    return frame;
  }
}

const SPACE = 0x20;
