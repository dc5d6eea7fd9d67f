/**
 * A stream in chunks, as a network might deliver it.
 *
 * All chunks are windows on one memory, each with bytes of its neighbours before its reader and behind its writer index:
 *
 * ```
 *   ~~~|the stream as it was sent|~~~
 *         [..|chunk|...]
 *       [....|chunk|.]
 * ```
 */

import { ByteBuf } from "sluice";
import type { Random32 } from "../../interop/random-32.js";

export class RandomCut {
  readonly places: readonly number[];
  readonly #memory: Uint8Array;
  readonly #original: Uint8Array;

  /** @param places Where chunks begin and end, in order; the same place twice is a chunk without bytes. */
  constructor(bytes: Uint8Array, places: readonly number[]) {
    this.places = places;
    this.#memory = new Uint8Array(bytes.length + 2 * MARGIN).fill(bytes[0] ?? 0);
    this.#memory.set(bytes, MARGIN);
    this.#original = this.#memory.slice();
  }

  static whole(bytes: Uint8Array): RandomCut {
    return new RandomCut(bytes, [0, bytes.length]);
  }

  static byteByByte(bytes: Uint8Array): RandomCut {
    return new RandomCut(
      bytes,
      Array.from({ length: bytes.length + 1 }, (_, at) => at),
    );
  }

  /** From a few large chunks to many small ones, now and then one without bytes. */
  static random(bytes: Uint8Array, random: Random32): RandomCut {
    const places = [0];
    const longest = 1 + random.below(1 + random.below(bytes.length + 1));
    for (let at = 0; at < bytes.length; places.push(at)) at = Math.min(bytes.length, at + random.below(longest + 1));
    return new RandomCut(bytes, places.at(-1) === bytes.length ? places : [...places, bytes.length]);
  }

  get chunks(): number {
    return this.places.length - 1;
  }

  chunk(index: number): ByteBuf {
    const from = MARGIN + (this.places[index] as number);
    const to = MARGIN + (this.places[index + 1] as number);
    const before = index % MARGIN;
    const buf = ByteBuf.wrap(this.#memory, from - before, to - from + before + MARGIN - before);
    buf.readerIndex = before;
    buf.writerIndex = before + to - from;
    return buf;
  }

  /** Whether a decoder has written to what it got, or around it. */
  get wasWritten(): boolean {
    return this.#memory.some((byte, at) => byte !== this.#original[at]);
  }

  /** `0102 | 03` */
  toString(): string {
    return Array.from({ length: this.chunks }, (_, index) => this.chunk(index).hexDump()).join(" | ");
  }
}

const MARGIN = 7;
