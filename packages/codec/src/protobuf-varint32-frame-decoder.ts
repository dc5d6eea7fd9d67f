/**
 * Cuts a stream into frames with a protobuf varint in front that says how long they are.
 *
 * ```
 *   BEFORE DECODE (302 bytes)              AFTER DECODE (300 bytes)
 *   +--------+-------------------+         +-------------------+
 *   | 0xAC02 | message, 300 bytes | ─────▶ | message, 300 bytes |
 *   +--------+-------------------+         +-------------------+
 *
 *   AC = 1 0101100   seven bits, lowest first; the top bit says that another byte follows
 *   02 = 0 0000010   0000010 0101100 = 300
 * ```
 */
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export interface ProtobufVarint32FrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a frame may have, its length not counted.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
}

/**
 * Length-delimited protobuf messages (`writeDelimitedTo`, `parseDelimitedFrom`), as slices of what arrived.
 *
 * A length may take more bytes than it needs, `0x8000` for 0, as protobuf itself allows; at most five, and 32 bits. Empty
 * frames are frames: a message whose fields all have their default value. A torn frame is copied once, into memory of
 * exactly its length.
 *
 * Errors:
 * - FRAME_TOO_LONG (recoverable; `offset`, `length`, `limit`) as soon as the length has been read; the frame is skipped as
 *   it comes, and the one behind it is delivered at once.
 * - FRAME_CORRUPTED (fatal; `offset`): a length of more than 32 bits.
 * - FRAME_TRUNCATED: the stream ended inside a frame.
 * - The constructor throws INVALID_ARGUMENT.
 */
export class ProtobufVarint32FrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #maxFrameLength: number;
  /** Bytes of a frame that is too long and still to be skipped. */
  #skipping = 0;

  constructor(options: ProtobufVarint32FrameDecoderOptions = {}) {
    super({ ...options, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#maxFrameLength = checkBytes("maxFrameLength", options.maxFrameLength ?? DEFAULT_MAX_LENGTH, 1);
  }

  protected override get isSkipping(): boolean {
    return this.#skipping > 0;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    if (this.#skipping > 0) return this.#skip(input);
    const start = input.readerIndex;
    const have = input.readableBytes;
    let length = 0;
    let prefix = 0;
    // Multiplied, not shifted: the fifth byte reaches the sign bit.
    let scale = 1;
    for (let byte = MORE; byte >= MORE; prefix++, scale *= 0x80) {
      if (prefix === have) return this.need(have + 1);
      byte = input.getUint8(start + prefix);
      length += (byte & 0x7f) * scale;
      if (prefix === LAST && byte > LARGEST_LAST) throw this.#corrupted();
    }
    if (length > this.#maxFrameLength) throw this.#tooLong(input, prefix, length);
    if (have < prefix + length) return this.need(prefix + length);
    input.readerIndex = start + prefix;
    return input.readSlice(length);
  }

  #tooLong(input: ByteBuf, prefix: number, length: number): SluiceError {
    const limit = this.#maxFrameLength;
    const detail = `a frame of ${length} bytes is longer than ${limit}`;
    const error = this.frameError("FRAME_TOO_LONG", detail, prefix, { length, limit });
    this.#skipping = prefix + length;
    this.#skip(input);
    return error;
  }

  #skip(input: ByteBuf): void {
    const n = Math.min(this.#skipping, input.readableBytes);
    input.skipBytes(n);
    this.#skipping -= n;
  }

  #corrupted(): SluiceError {
    return this.frameError("FRAME_CORRUPTED", "the length of a frame has more than 32 bits", LAST + 1);
  }
}

/** The bit that says that another byte follows. */
const MORE = 0x80;
/** A length has at most five bytes; of the fifth only the lowest four bits belong to 32. */
const LAST = 4;
const LARGEST_LAST = 0x0f;
