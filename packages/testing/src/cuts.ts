/**
 * The ways to cut a byte string into chunks.
 *
 * Cuts are made lazily and in the order of how easily their failures are read: few chunks first.
 */

import type { SeededRandom } from "./seeded-random.js";

/** Chunks whose bytes, in order, are those of the input. */
export type Cut = readonly Uint8Array[];

/** All positions up to `exhaustive` bytes; beyond that the first and last few and some drawn at random. */
export function* twoWayCuts(bytes: Uint8Array, exhaustive: number, random: SeededRandom): Generator<Cut> {
  const { length } = bytes;
  if (length <= exhaustive) {
    for (let at = 1; at < length; at++) yield cutAt(bytes, [at]);
    return;
  }
  if (length < 2) return;
  const positions = new Set<number>();
  for (let i = 1; i <= Math.min(SAMPLED_EDGE, length - 1); i++) positions.add(i).add(length - i);
  for (let i = 0; i < SAMPLED_POSITIONS; i++) positions.add(1 + random.below(length - 1));
  for (const at of [...positions].sort((a, b) => a - b)) yield cutAt(bytes, [at]);
}

export function* threeWayCuts(bytes: Uint8Array): Generator<Cut> {
  for (let first = 1; first < bytes.length; first++) {
    for (let second = first + 1; second < bytes.length; second++) yield cutAt(bytes, [first, second]);
  }
}

/** Chunks of one byte; of a very long input, no more chunks than {@link MOST_CHUNKS}. */
export function byteByByte(bytes: Uint8Array): Cut {
  const size = Math.ceil(bytes.length / MOST_CHUNKS);
  return Array.from({ length: Math.ceil(bytes.length / Math.max(1, size)) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

/** From a few large chunks to many small ones: each cut draws how likely a boundary is. */
export function randomCut(bytes: Uint8Array, random: SeededRandom): Cut {
  const likelihood = random.next() ** 2 * Math.min(1, MOST_RANDOM_CHUNKS / bytes.length);
  const positions: number[] = [];
  for (let at = 1; at < bytes.length; at++) if (random.next() < likelihood) positions.push(at);
  return cutAt(bytes, positions);
}

/** The bytes of all chunks as one. */
export function joined(cut: Cut): Uint8Array {
  const bytes = new Uint8Array(cut.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of cut) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function cutAt(bytes: Uint8Array, positions: readonly number[]): Cut {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const end of [...positions, bytes.length]) {
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

/** Of an input too long for every position: so many from each end, where headers and trailers are, … */
const SAMPLED_EDGE = 32;
/** … and so many from anywhere. */
const SAMPLED_POSITIONS = 64;

/** A chunk costs microseconds; more of them show nothing new. */
const MOST_CHUNKS = 65_536;
/** There are many random cuts, so each should be cheaper. */
const MOST_RANDOM_CHUNKS = 4096;
