/**
 * A long stream of well-formed bytes that went wrong on their way, all of it drawn from one number.
 *
 * ```
 *   what senders of the decoder's rows send ──▶ bytes lost, doubled, changed, strange ──▶ chunks
 * ```
 */

import fc from "fast-check";
import { Random32 } from "../../interop/random-32.js";
import { type DecoderRow, joined } from "./decoder-row.js";
import type { FailCase } from "./fail-case.js";
import type { WatchedEnd } from "./watched-stream.js";

export function fuzzStream(row: DecoderRow, seed: number): FailCase {
  const random = new Random32(seed);
  // The options of one; the others speak about the same language.
  const samples = fc.sample(row.wellFormed, { seed, numRuns: SAMPLES });
  const length = 1 + random.below(MOST_SAMPLES);
  const pieces = Array.from({ length }, () => {
    const { bytes } = samples[random.below(2) * random.below(SAMPLES)] as { readonly bytes: Uint8Array };
    return wrong(bytes, random);
  });
  return {
    decoder: row.name,
    options: samples[0]?.options,
    end: ENDS[random.below(ENDS.length)] as WatchedEnd,
    chunks: cutUp(joined(pieces), random),
  };
}

/** Up to three things have happened to the bytes. */
function wrong(bytes: Uint8Array, random: Random32): Uint8Array {
  let pieces: readonly Uint8Array[] = [bytes];
  for (let i = random.below(4); i > 0; i--) {
    const all = joined(pieces);
    const from = random.below(all.length + 1);
    const to = Math.min(all.length, from + random.below(MOST_WRONG));
    const head = all.subarray(0, from);
    const middle = all.subarray(from, to);
    const tail = all.subarray(to);
    const strange = Uint8Array.from(middle, (byte) => (random.below(2) === 0 ? byte : random.below(256)));
    pieces = [
      [head, tail],
      [head, middle, middle, tail],
      [head, strange, tail],
      [head, strange, middle, tail],
    ][random.below(4)] as Uint8Array[];
  }
  return joined(pieces);
}

/** Many small chunks, or few large ones, or some without bytes. */
function cutUp(bytes: Uint8Array, random: Random32): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const longest = 1 + random.below(1 + random.below(MOST_CHUNK));
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + random.below(longest + 1));
    chunks.push(chunk);
    at += chunk.length;
  }
  return chunks;
}

const ENDS: readonly WatchedEnd[] = ["removal", "removal", "peer", "us"];
const SAMPLES = 6;
const MOST_SAMPLES = 400;
const MOST_WRONG = 8;
const MOST_CHUNK = 300;
