/**
 * Puts the length of a message in front of it.
 *
 * ```
 *   lengthFieldLength = 2
 *
 *   BEFORE ENCODE (12 bytes)       AFTER ENCODE (14 bytes)
 *   +----------------+            +--------+----------------+
 *   | "HELLO, WORLD" |  ────────▶ | 0x000C | "HELLO, WORLD" |
 *   +----------------+            +--------+----------------+
 *
 *   lengthIncludesLengthFieldLength = true: 0x000E
 * ```
 */
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { checkBytes } from "./frame-limits.js";
import { HeaderPrepender } from "./header-prepender.js";
import {
  type ByteOrder,
  checkLengthField,
  LARGEST_LENGTH,
  type LengthFieldLength,
  readLengthField,
  writeLengthField,
} from "./length-field.js";

export interface LengthFieldPrependerOptions {
  /** Bytes of the length field. */
  readonly lengthFieldLength: LengthFieldLength;
  /**
   * Added to the length before it is written.
   * @default 0
   */
  readonly lengthAdjustment?: number;
  /**
   * Whether the field counts its own bytes too.
   * @default false
   */
  readonly lengthIncludesLengthFieldLength?: boolean;
  /**
   * Byte order of the field.
   * @default "BE"
   */
  readonly byteOrder?: ByteOrder;
}

/**
 * The counterpart of `LengthFieldBasedFrameDecoder`. Takes `ByteBuf`s; other messages pass unchanged. Sharable.
 *
 * A buffer with head-room, such as the encoders of this package make, gets the field written in front of its bytes. A
 * frame that is sent on as it was received, in front of which the very field stands already, takes it along. Another
 * short one is copied behind the field; a long one is written behind a small buffer of its own, both as one
 * write: it is done when both are. If the second is refused when the first was not, the peer would take what comes next
 * for the missing bytes, so the channel is closed.
 *
 * A length that is negative or does not fit the field fails the write with ENCODE_FAILED (`length`, `limit`). The
 * constructor throws INVALID_ARGUMENT.
 */
export class LengthFieldPrepender extends HeaderPrepender {
  override readonly sharable = true;
  readonly #fieldLength: LengthFieldLength;
  readonly #order: ByteOrder;
  readonly #addend: number;

  constructor(options: LengthFieldPrependerOptions) {
    super();
    this.#fieldLength = options.lengthFieldLength;
    this.#order = options.byteOrder ?? "BE";
    checkLengthField(this.#fieldLength, this.#order);
    const adjustment = checkBytes("lengthAdjustment", options.lengthAdjustment ?? 0, Number.MIN_SAFE_INTEGER);
    this.#addend = adjustment + (options.lengthIncludesLengthFieldLength ? this.#fieldLength : 0);
  }

  protected override headerLength(): number {
    return this.#fieldLength;
  }

  protected override setHeader(buf: ByteBuf, index: number, bodyLength: number): void {
    const value = bodyLength + this.#addend;
    const limit = LARGEST_LENGTH[this.#fieldLength];
    if (!(value >= 0 && value <= limit)) {
      const detail = `the length ${value} of a message does not fit a field of ${this.#fieldLength} byte(s)`;
      throw new SluiceError("ENCODE_FAILED", detail, { length: value, limit });
    }
    writeLengthField(buf, index, value, this.#fieldLength, this.#order);
  }

  protected override hasHeader(frame: ByteBuf, bodyLength: number): boolean {
    return readLengthField(frame, 0, this.#fieldLength, this.#order) === bodyLength + this.#addend;
  }
}
