/**
 * Searching a window of an array without looking outside it.
 *
 * Two ways, each with its price for a byte 64 bytes away:
 *
 * - by words of the array, eight bytes at a time: 20 ns on any array;
 * - by the array's own `indexOf`: 15 ns where the host's arrays have a fast one, as Node's `Buffer` does, and 43 ns on a plain
 *   array, where it pays only far away. It has no end position, so it needs a view that ends where the window does: the
 *   caller makes it, and keeps it for the next search.
 *
 * `offset` is where index 0 lies in `array`; a view begins there.
 */

import { valueError } from "./bounds.js";
import { dataViewOf, LARGEST_REMEMBERED } from "./data-view-of.js";
import { RareState, RECEIVED } from "./rare-state.js";

/** A window up to this long is not worth a view. */
const SHORT = 64;
/** On a plain array the native search takes as long as that by words at 1000 bytes, 350 ns, and longer before. */
const FAR = 1000;

/** The array's own search from any place up to `to` and nothing behind, where a neighbour's bytes may lie. */
export class NativeSearch {
  readonly to: number;
  /** Whether the class of the array brings a search of its own: one that is worth a call also for a near byte. */
  readonly isFast: boolean;
  readonly #view: Uint8Array;
  readonly #indexOf: (value: number, from: number) => number;

  constructor(array: Uint8Array, offset: number, to: number) {
    this.to = to;
    // `subarray` keeps the class of the array.
    this.#view = offset === 0 && to === array.length ? array : array.subarray(offset, offset + to);
    // Looked up here, once: it took as long as finding a byte.
    this.#indexOf = this.#view.indexOf;
    this.isFast = this.#indexOf !== Uint8Array.prototype.indexOf;
  }

  indexOf(value: number, from: number): number {
    return this.#indexOf.call(this.#view, value, from);
  }
}

/** What is searched in: the memory of a buffer. */
interface Searched {
  readonly array: Uint8Array;
  readonly arrayOffset: number;
  rare: RareState | undefined;
}

/** Index of the first `value` from `from` to `to`, or -1. Throws VALUE_OUT_OF_RANGE if it is not a byte. */
export function indexOfByte(buf: Searched, value: number, from: number, to: number): number {
  if ((value & 0xff) !== value) throw valueError(value, "a byte");
  if (to - from > SHORT) {
    const search = nativeSearch(buf, to);
    if (search.isFast || to - from > FAR) return search.indexOf(value, from);
  }
  return indexOfByteByWords(buf.array, buf.arrayOffset, value, from, to);
}

/** The array's own search up to `to`, kept for the next time. */
function nativeSearch(buf: Searched, to: number): NativeSearch {
  if (buf.rare === undefined || buf.rare === RECEIVED) buf.rare = new RareState(undefined, 0, buf.rare === RECEIVED);
  const { search } = buf.rare;
  if (search?.to === to) return search;
  buf.rare.search = new NativeSearch(buf.array, buf.arrayOffset, to);
  return buf.rare.search;
}

/** Index of the first `value` from `from` to `to`, or -1, by words. */
function indexOfByteByWords(array: Uint8Array, offset: number, value: number, from: number, to: number): number {
  let at = offset + from;
  const end = offset + to;
  if (array.length <= LARGEST_REMEMBERED) {
    const words = dataViewOf(array);
    const pattern = Math.imul(value, 0x01010101);
    for (; at + 8 <= end; at += 8) {
      const low = zeroBytes(words.getInt32(at, true) ^ pattern);
      const high = zeroBytes(words.getInt32(at + 4, true) ^ pattern);
      if ((low | high) !== 0) return (low !== 0 ? at + lowestByte(low) : at + 4 + lowestByte(high)) - offset;
    }
  }
  for (; at < end; at++) if (array[at] === value) return at - offset;
  return -1;
}

/** As {@link indexOfByteByWords}, for whichever of two values comes first. */
export function indexOfEitherByWords(
  array: Uint8Array,
  offset: number,
  one: number,
  other: number,
  from: number,
  to: number,
): number {
  let at = offset + from;
  const end = offset + to;
  if (array.length <= LARGEST_REMEMBERED) {
    const words = dataViewOf(array);
    const ones = Math.imul(one, 0x01010101);
    const others = Math.imul(other, 0x01010101);
    for (; at + 8 <= end; at += 8) {
      const word = words.getInt32(at, true);
      const next = words.getInt32(at + 4, true);
      const low = zeroBytes(word ^ ones) | zeroBytes(word ^ others);
      const high = zeroBytes(next ^ ones) | zeroBytes(next ^ others);
      if ((low | high) !== 0) return (low !== 0 ? at + lowestByte(low) : at + 4 + lowestByte(high)) - offset;
    }
  }
  for (; at < end; at++) if (array[at] === one || array[at] === other) return at - offset;
  return -1;
}

/** The high bit of each byte of `word` that is 0; above the lowest of them there may be more. */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** Which byte of a word the lowest bit of `bits` is in. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/**
 * Index of the first `sequence` that lies wholly from `from` to `to`, or -1; an empty one is found at once.
 *
 * @param next Index of the first byte of that value from a place on, up to `to`.
 */
export function indexOfSequence(
  array: Uint8Array,
  offset: number,
  sequence: Uint8Array,
  from: number,
  to: number,
  next: (value: number, from: number) => number,
): number {
  if (sequence.length === 0) return from;
  const first = sequence[0] as number;
  const last = to - sequence.length;
  for (let at = from; at <= last; at++) {
    at = next(first, at);
    if (at < 0 || at > last) return -1;
    let matched = 1;
    while (matched < sequence.length && array[offset + at + matched] === sequence[matched]) matched++;
    if (matched === sequence.length) return at;
  }
  return -1;
}
