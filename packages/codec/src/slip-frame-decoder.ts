/**
 * Takes frames out of a serial line (SLIP, RFC 1055).
 *
 * ```
 *   BEFORE                                    AFTER
 *   +----+-------+----+----------+----+       +-------+-------+
 *   | C0 | 01 02 | C0 | 03 DB DC | C0 |  ──▶  | 01 02 | 03 C0 |
 *   +----+-------+----+----------+----+       +-------+-------+
 *    END          END      │      END
 *                          └ ESC ESC_END stands for C0, ESC ESC_ESC (DB DD) for DB
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import { ByteStuffedFrameDecoder } from "./byte-stuffed-frame-decoder.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";
import { END, ESC, ESC_END, ESC_ESC } from "./slip-bytes.js";

export interface SlipFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a frame may have, as it was before it was stuffed.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
}

/**
 * SLIP frames. Costs two native searches, and one copy if something in the frame was replaced; otherwise the frame is a
 * slice of what arrived.
 *
 * Nothing between two END is no frame: senders put one in front of each frame to flush line noise.
 *
 * Errors: FRAME_MALFORMED (recoverable; `offset`, `length`) for a frame in which ESC stands before anything else than its
 * two codes; FRAME_TOO_LONG (recoverable; `offset`, `limit`), the frame is skipped; FRAME_TRUNCATED when the stream ends
 * without END. The constructor throws INVALID_ARGUMENT.
 */
export class SlipFrameDecoder extends ByteStuffedFrameDecoder {
  constructor(options: SlipFrameDecoderOptions = {}) {
    const maxFrameLength = checkBytes("maxFrameLength", options.maxFrameLength ?? DEFAULT_MAX_LENGTH, 1);
    super({ ...options, endByte: END, maxFrameLength, maxStuffedLength: 2 * maxFrameLength });
  }

  protected override unstuff(stuffed: ByteBuf): ByteBuf | undefined {
    let escapeAt = stuffed.indexOf(ESC);
    if (escapeAt < 0) return stuffed;
    const frame = ByteBuf.alloc(stuffed.readableBytes - 1);
    for (; escapeAt >= 0; escapeAt = stuffed.indexOf(ESC)) {
      frame.writeBytes(stuffed, escapeAt - stuffed.readerIndex);
      const code = stuffed.readableBytes > 1 ? stuffed.getUint8(escapeAt + 1) : ESC;
      if (code !== ESC_END && code !== ESC_ESC) return undefined;
      frame.writeUint8(code === ESC_END ? END : ESC);
      stuffed.skipBytes(2);
    }
    return frame.writeBytes(stuffed);
  }
}
