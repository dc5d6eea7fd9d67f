/**
 * Cuts a stream into frames that say themselves how long they are.
 *
 * ```
 *   lengthFieldOffset = 1   lengthFieldLength = 2   lengthAdjustment = 1   initialBytesToStrip = 3
 *
 *   BEFORE DECODE (16 bytes)                          AFTER DECODE (13 bytes)
 *   +------+--------+------+----------------+         +------+----------------+
 *   | 0xCA | 0x000C | 0xFE | "HELLO, WORLD" |  ─────▶ | 0xFE | "HELLO, WORLD" |
 *   +------+--------+------+----------------+         +------+----------------+
 *    offset  length   adjust
 *
 *   frame = lengthFieldOffset + lengthFieldLength + (value of the field) + lengthAdjustment
 * ```
 *
 * The other six classic shapes, all with the body "HELLO, WORLD" of 12 bytes:
 *
 * | what the field counts, and where it is | offset | length | adjustment | strip | before → after |
 * |---|--:|--:|--:|--:|---|
 * | the body; keep the header | 0 | 2 | 0 | 0 | `000c …` → `000c …` |
 * | the body; drop the header | 0 | 2 | 0 | 2 | `000c …` → `…` |
 * | the whole message | 0 | 2 | -2 | 0 | `000e …` → `000e …` |
 * | the body; at the end of a 5-byte header | 2 | 3 | 0 | 0 | `cafe 00000c …` → the same |
 * | the body; at the start of a 5-byte header | 0 | 3 | 2 | 0 | `00000c cafe …` → the same |
 * | the whole message; in the middle of a 4-byte header | 1 | 2 | -3 | 3 | `ca 0010 fe …` → `fe …` |
 */
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";
import { type ByteOrder, type LengthFieldLength, readLengthField } from "./length-field.js";
import { LengthFieldShape } from "./length-field-shape.js";

export interface LengthFieldBasedFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a frame may have before anything is stripped: header, length field and body.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
  /**
   * Bytes in front of the length field.
   * @default 0
   */
  readonly lengthFieldOffset?: number;
  /** Bytes of the length field. */
  readonly lengthFieldLength: LengthFieldLength;
  /**
   * Added to the value of the field to get the bytes behind it; negative when the field counts itself or its header.
   * @default 0
   */
  readonly lengthAdjustment?: number;
  /**
   * Bytes taken off the front of each frame.
   * @default 0
   */
  readonly initialBytesToStrip?: number;
  /**
   * Whether FRAME_TOO_LONG is reported when the length has been read, or when the last byte has been skipped.
   * @default true
   */
  readonly failFast?: boolean;
  /**
   * Byte order of the field.
   * @default "BE"
   */
  readonly byteOrder?: ByteOrder;
}

/**
 * Frames with a length field, as slices of what arrived.
 *
 * Guarantees the same frames and errors for every split. A frame that is torn is copied once, into memory of exactly
 * its length; all others are not copied.
 *
 * Errors:
 * - FRAME_TOO_LONG (recoverable; `offset`, `length`, `limit`): once per frame longer than `maxFrameLength`; its bytes are
 *   skipped as they come, and the frame behind it is delivered at once.
 * - FRAME_CORRUPTED (fatal; `offset`): the length is negative after adjustment, above 2^53, or less than what is to be
 *   stripped (Netty skips such a frame; here the peer is taken not to speak the protocol).
 * - FRAME_TRUNCATED: the stream ended inside a frame.
 * - The constructor throws INVALID_ARGUMENT for parameters that can never work.
 */
export class LengthFieldBasedFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #shape: LengthFieldShape;
  /** Bytes of a frame that is too long and still to be skipped. */
  #skipping = 0;
  /** Reported when the last of them has been skipped. */
  #tooLong: SluiceError | undefined = undefined;

  constructor(options: LengthFieldBasedFrameDecoderOptions) {
    super({ ...options, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#shape = LengthFieldShape.of(options);
  }

  protected override get isSkipping(): boolean {
    return this.#skipping > 0;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    if (this.#skipping > 0) return this.#skip(input);
    // Not taken apart at once, which would make this too long for the compiler to inline all it calls.
    const shape = this.#shape;
    const have = input.readableBytes;
    if (have < shape.fieldEnd) return this.need(shape.fieldEnd);

    const start = input.readerIndex;
    const value = this.getUnadjustedFrameLength(input, start + shape.fieldOffset, shape.fieldLength, shape.order);
    const length = value + shape.addend;
    const { strip } = shape;
    // One comparison for all that is not an ordinary frame, NaN included.
    if (!(value >= 0 && length >= shape.fieldEnd && length >= strip && length <= shape.maxFrameLength)) {
      return this.#refuse(input, value, length);
    }
    if (have < length) return this.need(length);
    const frame = this.extractFrame(input, start + strip, length - strip);
    input.readerIndex = start + length;
    return frame;
  }

  protected override decodeLast(): void {
    if (this.#skipping > 0) this.#endSkipping();
  }

  /**
   * The value of the length field at `index`, before adjustment. Override it for fields of another kind, for example one
   * with flags in it. It may be called more than once for a frame. A negative result is FRAME_CORRUPTED.
   */
  protected getUnadjustedFrameLength(
    input: ByteBuf,
    index: number,
    length: LengthFieldLength,
    order: ByteOrder,
  ): number {
    return readLengthField(input, index, length, order);
  }

  /** The message made of a frame; it must not move `input`. */
  protected extractFrame(input: ByteBuf, index: number, length: number): ByteBuf {
    return input.slice(index, length);
  }

  #refuse(input: ByteBuf, value: number, length: number): void {
    const { fieldEnd, strip, maxFrameLength: limit, failFast } = this.#shape;
    if (!(value >= 0 && length <= Number.MAX_SAFE_INTEGER)) {
      throw this.#corrupted(`the length field does not hold a length`);
    }
    if (!(length >= fieldEnd)) throw this.#corrupted(`the length ${value} is adjusted to less than the header`);
    if (length < strip) {
      throw this.#corrupted(`a frame of ${length} bytes is shorter than the ${strip} to be stripped`);
    }
    const detail = `a frame of ${length} bytes is longer than ${limit}`;
    const error = this.frameError("FRAME_TOO_LONG", detail, fieldEnd, { length, limit });
    this.#skipping = length;
    if (!failFast) this.#tooLong = error;
    this.#advance(input);
    if (failFast) throw error;
    if (this.#skipping === 0) this.#endSkipping();
  }

  #skip(input: ByteBuf): void {
    this.#advance(input);
    if (this.#skipping === 0) this.#endSkipping();
  }

  #advance(input: ByteBuf): void {
    const n = Math.min(this.#skipping, input.readableBytes);
    input.skipBytes(n);
    this.#skipping -= n;
  }

  #endSkipping(): void {
    const error = this.#tooLong;
    this.#tooLong = undefined;
    this.#skipping = 0;
    if (error !== undefined) throw error;
  }

  #corrupted(detail: string): SluiceError {
    return this.frameError("FRAME_CORRUPTED", detail, this.#shape.fieldEnd);
  }
}
