/** What may be set of a decoder that is made from the base. */
import type { DecoderOptions } from "./decoder-options.js";

export interface ByteToMessageDecoderOptions extends DecoderOptions {
  /**
   * Bytes `decode` is shown at most. If it can do nothing with that many, ACCUMULATION_EXCEEDED ends the stream. The
   * frame decoders of this package have limits of their own instead.
   * @default 1 MiB
   */
  readonly maxAccumulatedBytes?: number;
  /**
   * Bytes `decode` leaves unread at most when it waits for more, without `need`. More room than that is not made for them.
   * @default maxAccumulatedBytes
   */
  readonly maxUnreadBytes?: number;
}
