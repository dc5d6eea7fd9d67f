/** Where a frame's length stands and what it counts, checked; decoders that are made with equal options share it. */
import { SluiceError } from "@sluice/buffer";
import { Alike } from "@sluice/core";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";
import { type ByteOrder, checkLengthField, LARGEST_LENGTH, type LengthFieldLength } from "./length-field.js";
import type { LengthFieldBasedFrameDecoderOptions } from "./length-field-based-frame-decoder.js";

export class LengthFieldShape {
  readonly maxFrameLength: number;
  readonly fieldOffset: number;
  readonly fieldLength: LengthFieldLength;
  readonly fieldEnd: number;
  /** What is added to the value of the field to get the length of the frame. */
  readonly addend: number;
  readonly strip: number;
  readonly failFast: boolean;
  readonly order: ByteOrder;

  private constructor(options: LengthFieldBasedFrameDecoderOptions) {
    this.maxFrameLength = checkBytes("maxFrameLength", options.maxFrameLength ?? DEFAULT_MAX_LENGTH, 1);
    this.fieldOffset = checkBytes("lengthFieldOffset", options.lengthFieldOffset ?? 0, 0);
    this.fieldLength = options.lengthFieldLength;
    this.order = options.byteOrder ?? "BE";
    checkLengthField(this.fieldLength, this.order);
    this.fieldEnd = this.fieldOffset + this.fieldLength;
    this.addend = this.fieldEnd + checkBytes("lengthAdjustment", options.lengthAdjustment ?? 0, -LARGEST_ADJUSTMENT);
    this.strip = checkBytes("initialBytesToStrip", options.initialBytesToStrip ?? 0, 0);
    this.failFast = options.failFast ?? true;
    this.#checkTogether();
  }

  /** @throws INVALID_ARGUMENT for parameters that can never work */
  static of(options: LengthFieldBasedFrameDecoderOptions): LengthFieldShape {
    return alike.one(new LengthFieldShape(options));
  }

  #checkTogether(): void {
    const { fieldEnd, addend, strip, maxFrameLength } = this;
    if (fieldEnd > maxFrameLength) {
      throw impossible(`the length field ends at ${fieldEnd}, behind maxFrameLength ${maxFrameLength}`);
    }
    if (strip > maxFrameLength) {
      throw impossible(`initialBytesToStrip ${strip} is more than maxFrameLength ${maxFrameLength}`);
    }
    if (LARGEST_LENGTH[this.fieldLength] + addend < fieldEnd) {
      throw impossible(`no value of the length field makes up for lengthAdjustment ${addend - fieldEnd}`);
    }
    if (addend > maxFrameLength) {
      throw impossible(`every frame has at least ${addend} bytes, more than maxFrameLength`);
    }
  }
}

function impossible(detail: string): SluiceError {
  return new SluiceError("INVALID_ARGUMENT", detail);
}

const alike = new Alike<LengthFieldShape>();
/** Within these, no sum of a length that has passed the limit is rounded. */
const LARGEST_ADJUSTMENT = 2 ** 52;
