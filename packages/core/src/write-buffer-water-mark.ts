import { SluiceError } from "@sluice/buffer";

/**
 * The two marks, in bytes, between which a channel's writability has hysteresis.
 *
 * A channel becomes unwritable when more than `high` bytes are queued and writable again when fewer than `low`
 * are. The marks are advice to producers; the hard cap `ChannelOption.MAX_OUTBOUND_BYTES` is the limit.
 *
 * @throws INVALID_ARGUMENT unless 0 ≤ low ≤ high
 */
export class WriteBufferWaterMark {
  static readonly DEFAULT = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  readonly low: number;
  readonly high: number;

  constructor(low: number, high: number) {
    if (!(low >= 0 && high >= low)) {
      throw new SluiceError("INVALID_ARGUMENT", `water marks need 0 ≤ low ≤ high, not low ${low}, high ${high}`);
    }
    this.low = low;
    this.high = high;
  }
}
