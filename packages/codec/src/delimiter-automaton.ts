/**
 * The search for any set of delimiters: one pass, however many there are (after Aho and Corasick).
 *
 * A state is the longest end of what has been read that is the beginning of a delimiter:
 *
 * ```
 *   delimiters  ab  abc  bd          root ─a─▶ a ─b─▶ ab* ─c─▶ abc*        * a delimiter ends here
 *                                      └──b──▶ b ─d─▶ bd*
 *   on "abd":   a, ab (a candidate, "abc" may follow), bd (begins behind the candidate: "ab" is decided)
 * ```
 *
 * A candidate is decided as soon as nothing that begins at its place or before can still become a delimiter. The few
 * bytes that were read to know that are read again as the beginning of the next frame; where one delimiter is the
 * beginning of another, that may be as many as the longer one has, and nowhere else are there any.
 */
import type { ByteBuf } from "@sluice/buffer";
import type { DelimiterSearch } from "./delimiter-search.js";

export class DelimiterAutomaton implements DelimiterSearch {
  delimiterLength = 0;
  examined = 0;
  readonly #table: Table;
  #state = ROOT;
  // Places are counted from the start of the frame.
  #seen = 0;
  #candidateStart = NO_CANDIDATE;
  #candidateEnd = 0;

  constructor(delimiters: readonly Uint8Array[]) {
    this.#table = tableOf(delimiters);
  }

  find(input: ByteBuf, atEnd: boolean): number {
    const { array } = input;
    const first = input.arrayOffset + input.readerIndex;
    const have = input.readableBytes;
    const { classes, width, next, depths, matches, leaves } = this.#table;
    const from = this.#seen;
    let state = this.#state;
    let candidate = this.#candidateStart;
    for (let at = from; at < have; at++) {
      if (state === ROOT) {
        at = this.#skipContent(input, at, have);
        if (at === have) break;
      }
      state = next[state * width + (classes[array[first + at] as number] as number)] as number;
      const end = at + 1;
      const match = matches[state] as number;
      if (match > 0 && end - match <= candidate) {
        this.#candidateStart = candidate = end - match;
        this.#candidateEnd = end;
      }
      if (candidate === NO_CANDIDATE) continue;
      if (leaves[state] === 1 || end - (depths[state] as number) > candidate) return this.#found(end - from);
    }
    if (atEnd && candidate !== NO_CANDIDATE) return this.#found(have - from);
    this.examined = have - from;
    this.#seen = have;
    this.#state = state;
    return -1;
  }

  pending(): number {
    const begins = this.#seen - (this.#table.depths[this.#state] as number);
    return this.#seen - Math.min(begins, this.#candidateStart);
  }

  dropped(n: number): void {
    this.#seen -= n;
    if (this.#candidateStart === NO_CANDIDATE) return;
    this.#candidateStart -= n;
    this.#candidateEnd -= n;
  }

  /** The next place, from `at` on, with a byte that begins a delimiter; most bytes never get further than here. */
  #skipContent(input: ByteBuf, at: number, have: number): number {
    const { oneFirstByte, otherFirstByte, firstBytes } = this.#table;
    const start = input.readerIndex;
    if (oneFirstByte < 0) {
      const { array } = input;
      const first = input.arrayOffset + start;
      while (at < have && firstBytes[array[first + at] as number] === 0) at++;
      return at;
    }
    const found =
      oneFirstByte === otherFirstByte
        ? input.indexOf(oneFirstByte, start + at)
        : input.indexOfEither(oneFirstByte, otherFirstByte, start + at);
    return found < 0 ? have : found - start;
  }

  #found(examined: number): number {
    const length = this.#candidateStart;
    this.delimiterLength = this.#candidateEnd - length;
    this.examined = examined;
    this.#state = ROOT;
    this.#seen = 0;
    this.#candidateStart = NO_CANDIDATE;
    return length;
  }
}

/** What delimiters compile to; depends on nothing else and never changes. */
interface Table {
  /** Bytes that no delimiter contains are all of class 0, so that a state needs few transitions. */
  readonly classes: Uint16Array;
  readonly width: number;
  /** State and class → state. */
  readonly next: Uint16Array;
  /** Length of the beginning that a state stands for. */
  readonly depths: Uint16Array;
  /** Length of the longest delimiter that ends in a state; 0 when none does. */
  readonly matches: Uint16Array;
  /** 1 when no delimiter goes on from a state. */
  readonly leaves: Uint8Array;
  /** 1 for bytes with which a delimiter begins. */
  readonly firstBytes: Uint8Array;
  /** The one or two bytes with which all delimiters begin, which can be searched for faster; -1 when there are more. */
  readonly oneFirstByte: number;
  readonly otherFirstByte: number;
}

/** One table for all channels with the same delimiters; the oldest goes when there are many. */
const tables = new Map<string, Table>();
const MAX_TABLES = 32;

function tableOf(delimiters: readonly Uint8Array[]): Table {
  const key = delimiters.map((one) => one.join()).join(";");
  let table = tables.get(key);
  if (table === undefined) {
    table = compile(delimiters);
    if (tables.size >= MAX_TABLES) tables.delete(tables.keys().next().value as string);
    tables.set(key, table);
  }
  return table;
}

function compile(delimiters: readonly Uint8Array[]): Table {
  const classes = new Uint16Array(256);
  let width = 1;
  let states = 1;
  for (const delimiter of delimiters) {
    states += delimiter.length;
    for (const byte of delimiter) if (classes[byte] === 0) classes[byte] = width++;
  }
  const next = new Uint16Array(states * width);
  const depths = new Uint16Array(states);
  const matches = new Uint16Array(states);
  const leaves = new Uint8Array(states).fill(1);

  // The tree of beginnings.
  let used = 1;
  for (const delimiter of delimiters) {
    let state = ROOT;
    for (const byte of delimiter) {
      const edge = state * width + (classes[byte] as number);
      leaves[state] = 0;
      if (next[edge] === ROOT) {
        depths[used] = (depths[state] as number) + 1;
        next[edge] = used++;
      }
      state = next[edge] as number;
    }
    matches[state] = delimiter.length;
  }

  // Where no delimiter goes on, the longest shorter beginning does. States of one depth are done before the next.
  const shorter = new Uint16Array(states);
  const order = [ROOT];
  for (const state of order) {
    for (let cls = 1; cls < width; cls++) {
      const edge = state * width + cls;
      const target = next[edge] as number;
      const fallback = state === ROOT ? ROOT : (next[(shorter[state] as number) * width + cls] as number);
      if (target === ROOT) next[edge] = fallback;
      else {
        shorter[target] = fallback;
        if (matches[target] === 0) matches[target] = matches[fallback] as number;
        order.push(target);
      }
    }
  }
  const firstBytes = new Uint8Array(256);
  for (const delimiter of delimiters) firstBytes[delimiter[0] as number] = 1;
  const isFew = firstBytes.reduce((sum, is) => sum + is, 0) <= 2;
  return {
    classes,
    width,
    next,
    depths,
    matches,
    leaves,
    firstBytes,
    oneFirstByte: isFew ? firstBytes.indexOf(1) : -1,
    otherFirstByte: isFew ? firstBytes.lastIndexOf(1) : -1,
  };
}

const ROOT = 0;
/** Behind every place. */
const NO_CANDIDATE = Number.MAX_SAFE_INTEGER;
