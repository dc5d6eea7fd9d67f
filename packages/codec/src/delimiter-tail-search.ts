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
  /** For `\r\n`, with `\n` or alone, the byte in front of the last one; -1 for delimiters of another shape. */
  readonly #byteBefore: number;
  /** Length of the delimiter where {@link #byteBefore} is missing: 1, or 0 when there is none. */
  readonly #lengthAlone: number;
  readonly #strict: boolean;
  /** The chunk that is being searched, and where in it the last byte stands for the last time, if that is known. */
  #array: Uint8Array | undefined = undefined;
  #end = 0;
  #last = UNKNOWN;
  #indexOf: IndexOf | undefined = undefined;
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
    const [longest, other] = this.#delimiters as [Uint8Array, Uint8Array | undefined];
    const isPair = longest.length === 2 && (other === undefined || other.length === 1);
    this.#byteBefore = isPair ? (longest[0] as number) : -1;
    this.#lengthAlone = other === undefined ? 0 : 1;
    this.#strict = strict;
  }

  find(input: ByteBuf): number {
    const start = input.readerIndex;
    const end = input.writerIndex;
    const from = start + this.#seen;
    let at = from;
    while (at < end) {
      at = this.#next(input, at, end);
      if (at < 0) break;
      at++;
      const length = this.#lengthAt(input, start, at);
      if (length > 0 || this.#strict) {
        this.delimiterLength = length;
        this.examined = at - from;
        this.#seen = 0;
        // Behind a byte that must not stand alone nothing is searched any more.
        if (at === end || length === 0) this.#leave();
        return at - start - (length > 0 ? length : 1);
      }
    }
    this.examined = end - from;
    this.#seen = end - start;
    this.#leave();
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

  /**
   * The next place of the last byte between `from` and `end`, or -1.
   *
   * The host's search knows no end. Where the last occurrence is close to the end of the chunk, and then it mostly is for
   * chunks of many frames, it is looked up first: the others can be searched for without a view, which costs as much as
   * finding five of them.
   */
  #next(input: ByteBuf, from: number, end: number): number {
    const { array, arrayOffset } = input;
    if (array !== this.#array || arrayOffset + end !== this.#end)
      this.#enter(array, arrayOffset + from, arrayOffset + end);
    if (this.#last === UNKNOWN) return input.indexOf(this.#lastByte, from, end);
    const at = arrayOffset + from;
    if (at > this.#last) return -1;
    return (this.#indexOf as IndexOf).call(array, this.#lastByte, at) - arrayOffset;
  }

  /** Begins a chunk, of which the bytes from `from` to `end` of `array` are left. */
  #enter(array: Uint8Array, from: number, end: number): void {
    this.#array = array;
    this.#end = end;
    this.#last = UNKNOWN;
    this.#indexOf = array.indexOf;
    // The search of a plain array is slow, and `input` knows a better one.
    if (this.#indexOf === Uint8Array.prototype.indexOf) return;
    const tail = Math.max(from, end - TAIL);
    let at = end - 1;
    while (at >= tail && array[at] !== this.#lastByte) at--;
    if (at >= tail) this.#last = at;
    else if (tail === from) this.#last = NONE;
  }

  /** Ends a chunk, whose memory must not be kept alive. */
  #leave(): void {
    this.#array = undefined;
  }

  /** Length of the delimiter that ends before `end`; 0 when the last byte stands there without the others. */
  #lengthAt(input: ByteBuf, start: number, end: number): number {
    if (this.#byteBefore < 0) return this.#longestAt(input, start, end);
    const at = end - 2;
    return at >= start && input.array[input.arrayOffset + at] === this.#byteBefore ? 2 : this.#lengthAlone;
  }

  #longestAt(input: ByteBuf, start: number, end: number): number {
    for (const one of this.#delimiters) {
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

type IndexOf = (value: number, from: number) => number;

const UNKNOWN = -2;
const NONE = -1;
/** Bytes at the end of a chunk in which its last delimiter is looked for. */
const TAIL = 128;
