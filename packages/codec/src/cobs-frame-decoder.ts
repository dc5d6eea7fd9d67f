/**
 * Takes frames out of a stream by consistent overhead byte stuffing (COBS).
 *
 * ```
 *   BEFORE                                   AFTER
 *   +-----------------+----+----+----+       +-------------+---------+
 *   | 03 11 22  02 33 | 00 | 01 | 00 |  ──▶  | 11 22 00 33 | (empty) |
 *   +-----------------+----+----+----+       +-------------+---------+
 *     │         │       end       end
 *     │         └ the next block: 1 byte
 *     └ 2 bytes follow, then a zero that is not sent
 * ```
 *
 * A frame has no zeros on the wire: it is cut into blocks of up to 254 bytes, each behind a byte that says how long it is.
 * A zero follows a block, but for the last and those of full length.
 */
import { ByteBuf } from "@sluice/buffer";
import { ByteStuffedFrameDecoder } from "./byte-stuffed-frame-decoder.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export interface CobsFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a frame may have, as it was before it was stuffed.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
}

/**
 * COBS frames (Cheshire and Baker, 1999), each ended by `00`. Costs one native search and one copy; a frame of a single
 * block, up to 254 bytes without a zero, is a slice of what arrived.
 *
 * Nothing between two `00` is no frame. After an error, as after noise on a serial line, the next `00` is a boundary again.
 *
 * Errors: FRAME_MALFORMED (recoverable; `offset`, `length`) for a frame with a block longer than what is left of it;
 * FRAME_TOO_LONG (recoverable; `offset`, `limit`), the frame is skipped; FRAME_TRUNCATED when the stream ends without a `00`.
 * The constructor throws INVALID_ARGUMENT.
 */
export class CobsFrameDecoder extends ByteStuffedFrameDecoder {
  constructor(options: CobsFrameDecoderOptions = {}) {
    const maxFrameLength = checkBytes("maxFrameLength", options.maxFrameLength ?? DEFAULT_MAX_LENGTH, 1);
    const maxStuffedLength = maxFrameLength + Math.floor(maxFrameLength / LONGEST_BLOCK) + 1;
    super({ ...options, endByte: 0, maxFrameLength, maxStuffedLength });
  }

  protected override unstuff(stuffed: ByteBuf): ByteBuf | undefined {
    const length = stuffed.readableBytes;
    if (stuffed.getUint8(0) === length) return stuffed.slice(1, length - 1);
    const frame = ByteBuf.alloc(length - 1);
    while (stuffed.isReadable()) {
      const blockLength = stuffed.readUint8() - 1;
      if (blockLength > stuffed.readableBytes) return undefined;
      frame.writeBytes(stuffed, blockLength);
      if (blockLength < LONGEST_BLOCK && stuffed.isReadable()) frame.writeUint8(0);
    }
    return frame;
  }
}

/** What one byte can announce: 255 counts itself and is followed by no zero. */
const LONGEST_BLOCK = 254;
