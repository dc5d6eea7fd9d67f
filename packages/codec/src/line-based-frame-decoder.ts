/**
 * Cuts a stream into lines.
 *
 * ```
 *   BEFORE                            AFTER
 *   +-----------------------+        +-----+--+--------+
 *   | one\r\n\ntwo\rthree\n | ─────▶ | one |  | two\r… |
 *   +-----------------------+        +-----+--+--------+
 * ```
 */
import type { DecoderOptions } from "./decoder-options.js";
import { DelimitedFrameDecoder } from "./delimited-frame-decoder.js";
import { DelimiterTailSearch } from "./delimiter-tail-search.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export interface LineBasedFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes a line may have, its end not counted.
   * @default 1 MiB
   */
  readonly maxLength?: number;
  /**
   * Whether lines come without their end.
   * @default true
   */
  readonly stripDelimiter?: boolean;
  /**
   * Whether FRAME_TOO_LONG is reported as soon as the limit has been passed, or at the end of the line.
   * @default false
   */
  readonly failFast?: boolean;
  /**
   * Whether only `\r\n` ends a line and a `\n` alone is FRAME_CORRUPTED. For protocols that demand it: where one
   * participant takes `\n` for an end of line and another does not, messages can be smuggled past one of them.
   * @default false
   */
  readonly strict?: boolean;
}

/**
 * Lines ending in `\n` or `\r\n`, as slices of what arrived. Empty lines are frames; a `\r` elsewhere is content.
 *
 * Costs one pass over the bytes, by the host's native search. A `\r` at the end of a chunk counts as content only when the
 * next byte shows that it is.
 *
 * Errors: FRAME_TOO_LONG (recoverable; `offset`, `limit`) once per line, which is skipped; FRAME_TRUNCATED when the stream
 * ends without an end of line; with `strict` FRAME_CORRUPTED (fatal; `offset` of the `\n`). The constructor throws
 * INVALID_ARGUMENT.
 */
export class LineBasedFrameDecoder extends DelimitedFrameDecoder {
  constructor(options: LineBasedFrameDecoderOptions = {}) {
    const { maxLength = DEFAULT_MAX_LENGTH, stripDelimiter = true, failFast = false, strict = false } = options;
    checkBytes("maxLength", maxLength, 1);
    const search = new DelimiterTailSearch(strict ? [CR_LF] : [CR_LF, LF], strict);
    super({ ...options, search, longestDelimiter: CR_LF.length, maxLength, stripDelimiter, failFast });
  }
}

const LF = Uint8Array.of(0x0a);
const CR_LF = Uint8Array.of(0x0d, 0x0a);
