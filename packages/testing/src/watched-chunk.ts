/**
 * The memory of one chunk, and what it held when the decoder got it.
 *
 * A plain chunk is an array of its own. An embedded one has a reader index and an array offset other than 0, bytes
 * behind its writer index, and bytes outside its buffer:
 *
 * ```
 *   array   ???????|?????|the bytes|?????????|???????
 *                  |     |         |         |
 *            array offset|    writer index   |
 *                   reader index          capacity
 * ```
 */

import { ByteBuf } from "@sluice/buffer";
import { joined } from "./cuts.js";

export class WatchedChunk {
  readonly #array: Uint8Array;
  readonly #original: Uint8Array;
  readonly #isEmbedded: boolean;
  readonly #length: number;

  constructor(bytes: Uint8Array, garbage: Uint8Array | undefined) {
    this.#isEmbedded = garbage !== undefined;
    this.#length = bytes.length;
    this.#original =
      garbage === undefined ? bytes : joined([garbage.subarray(0, BEFORE), bytes, garbage.subarray(BEFORE)]);
    this.#array = Uint8Array.from(this.#original);
  }

  toByteBuf(): ByteBuf {
    if (!this.#isEmbedded) return ByteBuf.from(this.#array);
    const buf = ByteBuf.wrap(this.#array, OUTSIDE, this.#array.length - 2 * OUTSIDE);
    buf.readerIndex = BEFORE - OUTSIDE;
    buf.writerIndex = BEFORE - OUTSIDE + this.#length;
    return buf;
  }

  wasWritten(): boolean {
    return this.#array.some((byte, at) => byte !== this.#original[at]);
  }
}

/** Bytes to put around chunks: half of them the input's own, so that delimiters and lengths turn up among them. */
export function garbageLike(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: BEFORE + AFTER }, (_, at) => {
    const byte = bytes[bytes.length - 1 - ((at >> 1) % Math.max(1, bytes.length))] ?? 0;
    return at % 2 === 0 ? byte : byte ^ 0xff;
  });
}

/** Bytes of the memory on either side that are not part of an embedded chunk's buffer at all. */
const OUTSIDE = 7;
/** Bytes in front of an embedded chunk: outside its buffer, then in front of its reader index. */
const BEFORE = OUTSIDE + 5;
/** Bytes behind: behind its writer index, then outside its buffer. */
const AFTER = 9 + OUTSIDE;
