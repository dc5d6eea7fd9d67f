/**
 * Cuts a stream at delimiters.
 *
 * ```
 *   delimiters = ["\r\n", "\n"]
 *
 *   BEFORE                       AFTER
 *   +----------------+          +-----+-----+
 *   | ABC\nDEF\r\nGH |  ──────▶ | ABC | DEF |      (GH waits for its delimiter)
 *   +----------------+          +-----+-----+
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { DecoderOptions } from "./decoder-options.js";
import { DelimitedFrameDecoder } from "./delimited-frame-decoder.js";
import { delimiterSearch } from "./delimiter-search.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export interface DelimiterBasedFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a frame may have, its delimiter not counted.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
  /** At least one, none of them empty; a string stands for its UTF-8 bytes. */
  readonly delimiters: readonly (ByteBuf | Uint8Array | string)[];
  /**
   * Whether frames come without their delimiter.
   * @default true
   */
  readonly stripDelimiter?: boolean;
  /**
   * Whether FRAME_TOO_LONG is reported as soon as the limit has been passed, or at the end of the frame.
   * @default true
   */
  readonly failFast?: boolean;
}

/**
 * Frames that end in one of several delimiters, as slices of what arrived. Empty frames are frames.
 *
 * The earliest delimiter ends a frame; of several that begin at the same place the longest does, so with `\r` and `\r\n`
 * a `\r` at the end of a chunk waits for the next byte. Netty takes the one that makes the shortest frame and therefore
 * finds an empty line in a `\r\n` that was torn.
 *
 * Costs one pass over the bytes for any number of delimiters, by the host's native search where one byte tells (a single
 * byte, or `\n` and `\r\n`).
 *
 * Errors: FRAME_TOO_LONG (recoverable; `offset`, `limit`) once per frame, which is skipped; FRAME_TRUNCATED when the stream
 * ends without a delimiter. The constructor throws INVALID_ARGUMENT.
 */
export class DelimiterBasedFrameDecoder extends DelimitedFrameDecoder {
  constructor(options: DelimiterBasedFrameDecoderOptions) {
    const { maxFrameLength = DEFAULT_MAX_LENGTH, delimiters, stripDelimiter = true, failFast = true } = options;
    const maxLength = checkBytes("maxFrameLength", maxFrameLength, 1);
    const bytes = bytesOf(delimiters);
    const longestDelimiter = bytes.reduce((longest, { length }) => Math.max(longest, length), 0);
    super({ ...options, search: delimiterSearch(bytes), longestDelimiter, maxLength, stripDelimiter, failFast });
  }
}

function bytesOf(delimiters: readonly (ByteBuf | Uint8Array | string)[]): Uint8Array[] {
  if (delimiters.length === 0) throw new SluiceError("INVALID_ARGUMENT", "at least one delimiter is needed");
  const bytes = delimiters.map((one) => (one instanceof ByteBuf ? one : ByteBuf.from(one)).toUint8Array());
  const total = bytes.reduce((sum, one) => sum + one.length, 0);
  if (bytes.some((one) => one.length === 0)) throw new SluiceError("INVALID_ARGUMENT", "a delimiter is empty");
  if (total > MAX_DELIMITER_BYTES) {
    throw new SluiceError("INVALID_ARGUMENT", `the delimiters have ${total} bytes together`, {
      length: total,
      limit: MAX_DELIMITER_BYTES,
    });
  }
  return bytes;
}

/** Keeps the table of the search, whose size is this times the different bytes in it, within reason. */
const MAX_DELIMITER_BYTES = 16 * 1024;
