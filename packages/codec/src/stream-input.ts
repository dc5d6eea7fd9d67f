/**
 * The unread bytes of a stream, in whichever memory they are, and where in the stream that is.
 *
 * ```
 *   in place                              torn
 *     chunk  |■■■■■■■■■|■■■■■■■■|           accumulator  |■■■■■■■|■■■■■■■■■■▒▒▒▒|      |
 *            read      current  end                      read    current         room
 *                                         chunk          |▒▒▒▒▒▒|■■■■■■■■■■■■|
 *                                                        copied  next          end
 * ```
 *
 * A torn frame is copied to the accumulator as the chunks come: when it says how long it is (`needed`), just the bytes it
 * lacks, into room made once; otherwise as much again as there is, into room that doubles up to the limit. As soon as what is
 * unread in the accumulator is in the chunk as well, decoding goes on in the chunk. An accumulator is only ever appended to,
 * so frames may be slices of it.
 */
import { ByteBuf } from "@sluice/buffer";
import { DecodingLimits } from "./decoding-limits.js";

export class StreamInput {
  /**
   * What is decoded: shows the chunk, or the accumulator. Always the same object, because this one lives long, and a
   * reference from an old object to a young one costs 10 ns each time it is made.
   */
  readonly current = ByteBuf.EMPTY.duplicate();
  /** Bytes that must be in `current` before decoding makes sense; 0 when that is not known. */
  needed = 0;
  bytesCopied = 0;
  /** Whether `current` is the accumulator, which alone may be appended to. */
  #isOwn = false;
  /** What the accumulator has not taken of the chunk yet. */
  #chunk = ByteBuf.EMPTY;
  /** Bytes of this chunk that are in the accumulator. */
  #copied = 0;
  /** Offset in the stream of index 0 of `current`. */
  #base = 0;
  #limits: DecodingLimits = DecodingLimits.DEFAULT;

  /** Begins a stream, or goes on with one whose next byte is at `offset`. */
  begin(limits: DecodingLimits, offset: number): void {
    this.#limits = limits;
    this.#base = offset - this.current.readerIndex;
    this.bytesCopied = 0;
  }

  /** Offset in the stream of the next byte. */
  get offset(): number {
    return this.#base + this.current.readerIndex;
  }

  /** Whether a torn frame waits in the accumulator. Between chunks only. */
  get isTorn(): boolean {
    return this.current.isReadable();
  }

  get unreadBytes(): number {
    return this.current.readableBytes + this.#chunk.readableBytes;
  }

  /** Whether no more bytes may be put to those that are there. */
  get isFull(): boolean {
    return this.current.readableBytes >= this.#limits.maxBytes;
  }

  /** The next bytes as hex, for an error: at most `shown`, and never more than a few. */
  hexDump(shown: number): string {
    return this.current.slice(this.current.readerIndex, Math.min(shown, HEX_WINDOW)).hexDump();
  }

  /** Begins a chunk behind which nothing is torn: it is decoded in place. */
  enter(chunk: ByteBuf): void {
    this.#base += this.current.readerIndex - chunk.readerIndex;
    this.current.show(chunk);
    this.#isOwn = false;
  }

  /** Ends a chunk that was decoded in place; false when more is left than may be kept. */
  leave(): boolean {
    const left = this.current.readableBytes;
    if (left >= this.#limits.maxBytes) return false;
    // At once, not when more arrives: the chunk may be a small part of a large slab, which must not be kept alive.
    if (left > 0) this.#moveTo(this.needed > left ? this.needed : this.#doubled(left));
    else this.enter(ByteBuf.EMPTY);
    return true;
  }

  /** Begins a chunk that continues a torn frame. */
  continueWith(chunk: ByteBuf): void {
    this.#chunk = chunk;
    this.#copied = 0;
  }

  /** Takes a bite of the chunk; false when there is none, or not enough of it for decoding to make sense. */
  bite(): boolean {
    const chunk = this.#chunk;
    const have = this.current.readableBytes;
    const wanted = this.needed > have ? this.needed - have : this.#biteAfter(have);
    const n = Math.min(wanted, chunk.readableBytes, this.#limits.maxBytes - have);
    if (n > 0) {
      if (!this.#isOwn || this.current.writableBytes < n) this.#moveTo(Math.max(this.needed, this.#doubled(have + n)));
      this.current.writeBytes(chunk, n);
      this.bytesCopied += n;
      this.#copied += n;
      if (have + n >= this.needed || this.isFull) return true;
    }
    this.#chunk = ByteBuf.EMPTY;
    return false;
  }

  /** Unread bytes of the accumulator from which on decoding is better done in the chunk. */
  get floor(): number {
    return this.#chunk.isReadable() ? this.#copied : 0;
  }

  /** Goes back to the chunk if all that is unread is in it. */
  returnToChunk(): boolean {
    const left = this.current.readableBytes;
    if (left > this.floor) return false;
    const chunk = this.#chunk;
    chunk.readerIndex -= left;
    this.#chunk = ByteBuf.EMPTY;
    this.enter(chunk);
    return true;
  }

  /** Takes out all that is unread. */
  takeUnread(): ByteBuf {
    const { current } = this;
    const chunk = this.#chunk;
    const unread = chunk.isReadable() ? ByteBuf.concat([current, chunk]) : current.slice();
    this.#base += unread.readableBytes;
    this.enter(ByteBuf.EMPTY);
    this.#chunk = ByteBuf.EMPTY;
    return unread;
  }

  /** As much again as there is of a frame of unknown length, but no more than there should be room for. */
  #biteAfter(have: number): number {
    const bite = Math.max(have, LEAST_BITE);
    return have < this.#limits.room ? Math.min(bite, this.#limits.room - have) : bite;
  }

  /** Room for `n` bytes of a frame of unknown length, and for as many again. */
  #doubled(n: number): number {
    return Math.max(n, Math.min(Math.max(2 * n, LEAST_ROOM), this.#limits.room));
  }

  /** Moves what is unread to new memory. */
  #moveTo(size: number): void {
    const { current } = this;
    const left = current.readableBytes;
    const room = ByteBuf.alloc(Math.min(size, this.#limits.maxBytes));
    room.writeBytes(current, left);
    // That has moved readerIndex over what is still unread.
    current.readerIndex -= left;
    this.enter(room);
    this.#isOwn = true;
    this.bytesCopied += left;
  }
}

/** Room for a torn frame of unknown length: a header and a little more. */
const LEAST_ROOM = 128;
/** Taken from a chunk at least while the length of the torn frame is not known. */
const LEAST_BITE = 64;
/** Bytes of a frame an error shows. */
const HEX_WINDOW = 16;
