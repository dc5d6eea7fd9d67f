/**
 * The search for delimiters that can be told by their last byte: `\n`; `\r\n` and `\n`; a NUL.
 *
 * That byte must end every delimiter and be nowhere else in them. Then a match ends at one of its occurrences, which the
 * host's native search finds, and a look back tells which delimiter it is; nothing is ever undecided. With more than two
 * delimiters the looking back would not be a constant number of bytes any more.
 */
import type { ByteBuf } from "@sluice/buffer";
import type { DelimiterSearch } from "./delimiter-search.js";

export class DelimiterTailSearch implements DelimiterSearch {
  delimiterLength = 0;
  examined = 0;
  /** Longest first. */
  readonly #delimiters: readonly Uint8Array[];
  readonly #lastByte: number;
  readonly #strict: boolean;
  /** Bytes from the start of the frame that have been looked at. */
  #seen = 0;

  static suits(delimiters: readonly Uint8Array[]): boolean {
    const lastByte = delimiters[0]?.at(-1);
    return (
      delimiters.length <= 2 &&
      delimiters.every((one) => one.at(-1) === lastByte && one.indexOf(lastByte as number) === one.length - 1)
    );
  }

  /** @param strict Whether the last byte without the rest of a delimiter is found too, with a `delimiterLength` of 0. */
  constructor(delimiters: readonly Uint8Array[], strict = false) {
    this.#delimiters = [...delimiters].sort((a, b) => b.length - a.length);
    this.#lastByte = delimiters[0]?.at(-1) as number;
    this.#strict = strict;
  }

  find(input: ByteBuf): number {
    const start = input.readerIndex;
    const end = input.writerIndex;
    const from = start + this.#seen;
    for (let at = from; at < end; at++) {
      at = input.indexOf(this.#lastByte, at, end);
      if (at < 0) break;
      const length = this.#lengthAt(input, start, at + 1);
      if (length === 0 && !this.#strict) continue;
      this.delimiterLength = length;
      this.examined = at + 1 - from;
      this.#seen = 0;
      return (length === 0 ? at : at + 1 - length) - start;
    }
    this.examined = end - from;
    this.#seen = end - start;
    return -1;
  }

  pending(input: ByteBuf): number {
    const end = input.writerIndex;
    const longest = this.#delimiters[0]!.length - 1;
    for (let n = Math.min(longest, input.readableBytes); n > 0; n--) {
      for (const one of this.#delimiters) if (one.length > n && isAt(input, end - n, one, n)) return n;
    }
    return 0;
  }

  dropped(n: number): void {
    this.#seen -= n;
  }

  /** Length of the delimiter that ends before `end`; 0 when the last byte stands there without the others. */
  #lengthAt(input: ByteBuf, start: number, end: number): number {
    const delimiters = this.#delimiters;
    for (let i = 0; i < delimiters.length; i++) {
      const one = delimiters[i] as Uint8Array;
      const { length } = one;
      if (end - length >= start && isAt(input, end - length, one, length - 1)) return length;
    }
    return 0;
  }
}

/** Whether the first `n` bytes of `sequence` are at `index`. */
function isAt(input: ByteBuf, index: number, sequence: Uint8Array, n: number): boolean {
  const { array } = input;
  const at = input.arrayOffset + index;
  for (let i = 0; i < n; i++) if (array[at + i] !== sequence[i]) return false;
  return true;
}
