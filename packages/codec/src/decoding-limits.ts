/** What a decoder's options come to; decoders that are made with equal options share it. */
import { Alike } from "@sluice/core";
import type { ByteToMessageDecoderOptions } from "./byte-to-message-decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export class DecodingLimits {
  static readonly DEFAULT = new DecodingLimits({});
  readonly closeOnFatalError: boolean;
  /** Bytes that are kept at most, and shown to `decode` at once. */
  readonly maxBytes: number;
  /**
   * Bytes of which `decode` consumes some, if there are that many and it has not said how many it needs: an accumulator
   * of that size is never too small.
   */
  readonly room: number;

  private constructor(options: ByteToMessageDecoderOptions) {
    this.closeOnFatalError = options.closeOnFatalError ?? true;
    this.maxBytes = checkBytes("maxAccumulatedBytes", options.maxAccumulatedBytes ?? DEFAULT_MAX_LENGTH, 1);
    this.room = checkBytes("maxUnreadBytes", options.maxUnreadBytes ?? this.maxBytes - 1, 0) + 1;
  }

  /** @throws INVALID_ARGUMENT */
  static of(options: ByteToMessageDecoderOptions): DecodingLimits {
    return alike.one(new DecodingLimits(options));
  }
}

const alike = new Alike<DecodingLimits>();
