/**
 * A bounds-checked window on bytes with a place to read and a place to write.
 *
 * ```
 *   array  ....|~~~~~~~~~~~|xxxxxxxxx|============|..........|....
 *              |           |         |            |          |
 *        arrayOffset   headRoom  readerIndex  writerIndex  capacity
 *          (index 0)       |  read   |  readable  | writable |
 *                          |
 *                    free for prepend()
 *
 *   0 ≤ headRoom ≤ readerIndex ≤ writerIndex ≤ capacity      all counted from arrayOffset
 * ```
 *
 * Slices and duplicates share memory and are never invalidated: nothing counts references and nothing is recycled.
 * What makes that safe is a rule everyone keeps: bytes that were handed on are not written again. A `ByteBuf` that is
 * written to a channel belongs to the channel; send a `duplicate()` to each receiver to keep or share it.
 */

import type { AllocOptions, FromStringOptions } from "./alloc-options.js";
import { checkWindow, indexError, rangeStart, valueError } from "./bounds.js";
import { addAccessors, type ByteAccessors } from "./byte-accessors.js";
import { compareBytes } from "./compare-bytes.js";
import { copyBytes } from "./copy-bytes.js";
import { formatHex, formatHexTable, parseHex } from "./hex.js";
import { asSize, copyOf, cut, isCut, moveMemory, slab, uncut } from "./memory.js";
import { RareState, RECEIVED } from "./rare-state.js";
import { indexOfByte, indexOfEitherByWords, indexOfSequence } from "./search.js";
import { SluiceError } from "./sluice-error.js";
import { decodeText, encodeText, putUtf8, type TextEncoding, utf8Length } from "./text.js";

/** A growing buffer takes at least this many bytes, so that the first few writes do not each move it. */
const LEAST_GROWTH = 64;

/**
 * Bytes with a reader and a writer index: what travels through a pipeline wherever messages are bytes.
 *
 * The number accessors are described at {@link ByteAccessors}. An index or length that is out of bounds throws
 * INDEX_OUT_OF_RANGE and changes nothing. A slice costs one small object and no view of the memory; a view is made by
 * `asUint8Array`, and by `indexOf` once per chunk.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: addAccessors makes it true.
export class ByteBuf {
  /** A buffer of no bytes. Sharing it is safe: with a capacity of 0 neither index can ever move. */
  static readonly EMPTY: ByteBuf = new ByteBuf(new Uint8Array(0), 0, 0, 0, 0, undefined);

  /** The memory. Other buffers share it: keep to this one's part, and never transfer the `ArrayBuffer` behind it. */
  declare readonly array: Uint8Array;
  /** Where index 0 of this buffer lies in {@link array}. */
  declare readonly arrayOffset: number;
  /** Bytes of {@link array} that belong to this buffer. */
  declare readonly capacity: number;
  /** @internal */
  declare rare: RareState | undefined;

  private constructor(
    array: Uint8Array,
    arrayOffset: number,
    reader: number,
    writer: number,
    capacity: number,
    rare: RareState | undefined,
  ) {
    this.array = array;
    this.arrayOffset = arrayOffset;
    this.capacity = capacity;
    this.reader = reader;
    this.writer = writer;
    this.rare = rare;
  }

  /** All of `source`, readable: a `Uint8Array` is wrapped without a copy, a string becomes UTF-8. */
  static from(source: Uint8Array | string): ByteBuf {
    if (typeof source === "string") return ByteBuf.fromString(source);
    return new ByteBuf(source, 0, 0, source.length, source.length, undefined);
  }

  /**
   * `text` encoded, readable, with head-room if wanted. Costs one encoding pass into fresh memory.
   * Throws UNSUPPORTED_ENCODING, INVALID_ARGUMENT for the head-room, and what {@link writeString} does for the text.
   */
  static fromString(text: string, options?: FromStringOptions): ByteBuf {
    const encoding = options?.encoding ?? "utf8";
    const headRoom = asSize("headRoom", options?.headRoom ?? 0);
    // A UTF-16 unit takes three bytes at most, so short text needs no counting: what is left over goes back.
    const most = text.length * 3;
    if (encoding === "utf8" && isCut(headRoom + most)) {
      const at = cut(headRoom + most);
      const length = putUtf8(text, slab, at + headRoom, at + headRoom + most);
      uncut(most - length);
      const end = headRoom + length;
      return new ByteBuf(slab, at, headRoom, end, end, headRoom > 0 ? new RareState(undefined, headRoom) : undefined);
    }
    const bytes = encodeText(text, encoding);
    return headRoom === 0 ? ByteBuf.from(bytes) : ByteBuf.alloc(bytes.length, { headRoom }).writeBytes(bytes);
  }

  /** The bytes of `"00 0c ff"`; white space between pairs is optional. Throws INVALID_HEX. */
  static fromHex(text: string): ByteBuf {
    return ByteBuf.from(parseHex(text));
  }

  /** `length` bytes of `array` from `offset`, readable, without a copy. */
  static wrap(array: Uint8Array, offset: number, length: number): ByteBuf {
    return new ByteBuf(array, rangeStart(array, offset, length), 0, length, length, undefined);
  }

  /** As {@link wrap}, for transports: neither these bytes nor those before them in `array` will be written again. */
  static received(array: Uint8Array, offset: number, length: number): ByteBuf {
    return new ByteBuf(array, rangeStart(array, offset, length), 0, length, length, RECEIVED);
  }

  /**
   * Fresh zeroed memory with room to write `length` bytes behind the head-room; nothing is readable yet.
   *
   * Writing past the end throws INDEX_OUT_OF_RANGE, or with `maxCapacity` grows and then throws CAPACITY_EXCEEDED.
   * Growing leaves the old memory to the slices taken before: they stay valid and see no later writes.
   * Throws INVALID_ARGUMENT for a size that is not a whole number, or a `maxCapacity` below the first capacity.
   */
  static alloc(length: number, options?: AllocOptions): ByteBuf {
    const headRoom = options?.headRoom ?? 0;
    const maxCapacity = options?.maxCapacity;
    const capacity = asSize("length", length) + asSize("headRoom", headRoom);
    if (maxCapacity !== undefined && asSize("maxCapacity", maxCapacity) < capacity) {
      const detail = `maxCapacity ${maxCapacity} is less than the first capacity ${capacity}.`;
      throw new SluiceError("INVALID_ARGUMENT", detail, { length: capacity, limit: maxCapacity });
    }
    const rare = headRoom > 0 || maxCapacity !== undefined ? new RareState(maxCapacity, headRoom) : undefined;
    if (!isCut(capacity)) return new ByteBuf(new Uint8Array(capacity), 0, headRoom, headRoom, capacity, rare);
    const at = cut(capacity);
    return new ByteBuf(slab, at, headRoom, headRoom, capacity, rare);
  }

  /** The readable bytes of all `bufs`, in order, copied into memory of their own. The sources do not move. */
  static concat(bufs: readonly ByteBuf[]): ByteBuf {
    let length = 0;
    for (const buf of bufs) length += buf.readableBytes;
    const array = new Uint8Array(length);
    let at = 0;
    for (const buf of bufs) {
      array.set(buf.asUint8Array(), at);
      at += buf.readableBytes;
    }
    return ByteBuf.from(array);
  }

  /**
   * Index of the next byte to read. Setting it past `writerIndex` throws INDEX_OUT_OF_RANGE; setting it into the
   * head-room gives up the rest of that.
   */
  get readerIndex(): number {
    return this.reader;
  }
  set readerIndex(index: number) {
    if (index >>> 0 !== index || index > this.writer) throw indexError(index, 0, this.writer);
    this.reader = index;
    // Bytes that can be read can be handed on, so they are no longer free to be prepended over.
    if (this.rare !== undefined && index < this.rare.headRoom) this.rare.headRoom = index;
  }

  /** Index of the next byte to write. Setting it below `readerIndex` or past `capacity` throws INDEX_OUT_OF_RANGE. */
  get writerIndex(): number {
    return this.writer;
  }
  set writerIndex(index: number) {
    if (index >>> 0 !== index || index < this.reader || index > this.capacity) {
      throw indexError(index, 0, this.capacity);
    }
    this.writer = index;
  }

  /** Bytes between `readerIndex` and `writerIndex`. */
  get readableBytes(): number {
    return this.writer - this.reader;
  }

  /** Bytes that can be written without growing. */
  get writableBytes(): number {
    return this.capacity - this.writer;
  }

  /** What `capacity` may grow to; equal to it when the buffer does not grow. */
  get maxCapacity(): number {
    return this.rare?.maxCapacity ?? this.capacity;
  }

  /** Bytes {@link prepend} may still take. Only {@link alloc} gives any: a slice or wrapped memory has none. */
  get headRoom(): number {
    return this.rare?.headRoom ?? 0;
  }

  /** Whether at least `n` bytes can be read. */
  isReadable(n = 1): boolean {
    return this.writer - this.reader >= n;
  }

  /**
   * Makes `n` bytes in front of the readable ones readable, to be filled with `setX`.
   *
   * For an encoder that puts a length before a body someone else wrote: no second buffer and no copy.
   * Only head-room that was reserved by {@link alloc} and never used is given out, and only while nothing has been
   * read, so a prepended field can never overwrite bytes that a slice still shows.
   *
   * @returns the new `readerIndex`, or -1 (and nothing changes) when there is no such room
   * @example
   * const frame = ByteBuf.alloc(5, { headRoom: 4 });
   * frame.writeString("hello");
   * const at = frame.prepend(4);
   * if (at >= 0) frame.setUint32(at, 5);
   */
  prepend(n: number): number {
    const rare = this.rare;
    if (rare === undefined || n >>> 0 !== n || n > rare.headRoom || this.reader !== rare.headRoom) return -1;
    rare.headRoom -= n;
    this.reader = rare.headRoom;
    return this.reader;
  }

  /** Makes sure `n` more bytes can be written, growing if need be. Throws as {@link alloc} describes. */
  ensureWritable(n: number): void {
    if (n >>> 0 !== n) throw indexError(this.writer, n, this.maxCapacity);
    if (this.writer + n > this.capacity) this.makeRoom(n);
  }

  /** Moves `readerIndex` over `n` bytes. */
  skipBytes(n: number): this {
    this.takeReadable(n);
    return this;
  }

  /** Makes the whole buffer writable again, but for its head-room. Only for memory nobody else holds a slice of. */
  clear(): this {
    this.reader = this.writer = this.headRoom;
    return this;
  }

  /** `length` bytes from `index` as a buffer of their own over the same memory, all readable. No copy; nothing moves. */
  slice(index: number = this.reader, length: number = this.writer - index): ByteBuf {
    if (length >>> 0 !== length) throw indexError(index, length, this.capacity);
    return new ByteBuf(this.array, this.at(index, length), 0, length, length, this.inherited);
  }

  /** Takes the next `n` bytes as a slice. No copy: this is what frames are made of. */
  readSlice(n: number): ByteBuf {
    return new ByteBuf(this.array, this.takeReadable(n), 0, n, n, this.inherited);
  }

  /**
   * The readable bytes together with the `n` bytes before them in memory, such as the header a decoder has stripped; for
   * those who send a frame on as it came. Only of received bytes, for only there those cannot change: else undefined.
   */
  withBytesBefore(n: number): ByteBuf | undefined {
    const start = this.arrayOffset + this.reader - n;
    if (!this.rare?.isReceived || n >>> 0 !== n || start < 0) return undefined;
    const length = this.writer - this.reader + n;
    return new ByteBuf(this.array, start, 0, length, length, RECEIVED);
  }

  /** Takes the next `n` bytes as a copy. For a few bytes that should not keep a large chunk alive. */
  readBytes(n: number): ByteBuf {
    const start = this.takeReadable(n);
    return ByteBuf.from(copyOf(this.array, start, start + n));
  }

  /** The same memory under indexes of its own. It has no head-room and does not grow. */
  duplicate(): ByteBuf {
    return new ByteBuf(this.array, this.arrayOffset, this.reader, this.writer, this.capacity, this.inherited);
  }

  /** Becomes a duplicate of `other`: for a reader that moves from buffer to buffer, at no object for each. */
  show(other: ByteBuf): void {
    moveMemory(this, other);
    this.reader = other.reader;
    this.writer = other.writer;
    this.rare = other.inherited;
  }

  /** The readable bytes in memory of their own. */
  copy(): ByteBuf {
    return ByteBuf.from(this.toUint8Array());
  }

  /** Fills `target` with bytes from `index`: all of a `Uint8Array`, or the writable bytes of a buffer, which moves. */
  getBytes(index: number, target: Uint8Array | ByteBuf): this {
    const length = target instanceof ByteBuf ? target.writableBytes : target.length;
    const start = this.at(index, length);
    const bytes = this.array.subarray(start, start + length);
    if (target instanceof ByteBuf) target.writeBytes(bytes);
    else target.set(bytes);
    return this;
  }

  /** Copies `source` to `index`. Of a buffer the readable bytes, which then count as read, as in Netty. */
  setBytes(index: number, source: Uint8Array | ByteBuf): this {
    this.array.set(source instanceof ByteBuf ? source.asUint8Array() : source, this.at(index, lengthOf(source)));
    if (source instanceof ByteBuf) source.reader = source.writer;
    return this;
  }

  /** Appends `source`, or its next `n` bytes. What is taken of a buffer counts as read, as in Netty. */
  writeBytes(source: Uint8Array | ByteBuf, n: number = lengthOf(source)): this {
    if (n >>> 0 !== n || n > lengthOf(source)) throw indexError(0, n, lengthOf(source));
    const isBuf = source instanceof ByteBuf;
    // The memory first: growing replaces it, and `source` may be this very buffer.
    const from = isBuf ? source.array : source;
    const start = isBuf ? source.arrayOffset + source.reader : 0;
    const at = this.writeAt(n);
    copyBytes(from, start, this.array, at, n);
    if (isBuf) source.reader += n;
    return this;
  }

  /** Takes the next `n` bytes as text. Throws UNSUPPORTED_ENCODING. */
  readString(n: number, encoding: TextEncoding = "utf8"): string {
    if (n >>> 0 !== n || n > this.readableBytes) throw indexError(this.reader, n, this.writer);
    const start = this.arrayOffset + this.reader;
    const text = decodeText(this.array, start, start + n, encoding);
    this.reader += n;
    return text;
  }

  /**
   * Appends `text` and returns the bytes it took.
   *
   * Throws UNSUPPORTED_ENCODING, VALUE_OUT_OF_RANGE for a character `ascii` or `latin1` does not have, INVALID_HEX or
   * INVALID_TEXT for text that is not hex or Base64, and as {@link alloc} describes when it does not fit.
   */
  writeString(text: string, encoding: TextEncoding = "utf8"): number {
    if (encoding !== "utf8") {
      const bytes = encodeText(text, encoding);
      this.writeBytes(bytes);
      return bytes.length;
    }
    let length = putUtf8(text, this.array, this.arrayOffset + this.writer, this.arrayOffset + this.capacity);
    if (length < 0) {
      // Counting costs more than encoding, so it is left to the rare text that does not fit.
      this.makeRoom(utf8Length(text));
      length = putUtf8(text, this.array, this.arrayOffset + this.writer, this.arrayOffset + this.capacity);
    }
    this.writer += length;
    return length;
  }

  /**
   * Index of the first `value` that lies wholly between `from` and `to`, or -1. Looks at no byte outside.
   *
   * An empty sequence is found at `from`. The first bytes are looked at by words, what lies farther with the host's native
   * search over a view made once per chunk. A sequence costs at worst its length times the bytes searched, on data made of
   * its start. Throws VALUE_OUT_OF_RANGE for a number that is not a byte.
   */
  indexOf(value: number | Uint8Array, from: number = this.reader, to: number = this.writer): number {
    checkWindow(from, to, this.capacity);
    if (typeof value === "number") return indexOfByte(this, value, from, to);
    return indexOfSequence(this.array, this.arrayOffset, value, from, to, (byte, at) =>
      indexOfByte(this, byte, at, to),
    );
  }

  /**
   * Index of the first byte that is `one` or `other`, between `from` and `to`, or -1.
   * Throws VALUE_OUT_OF_RANGE for a number that is not a byte.
   */
  indexOfEither(one: number, other: number, from: number = this.reader, to: number = this.writer): number {
    checkWindow(from, to, this.capacity);
    if ((one & 0xff) !== one) throw valueError(one, "a byte");
    if ((other & 0xff) !== other) throw valueError(other, "a byte");
    return indexOfEitherByWords(this.array, this.arrayOffset, one, other, from, to);
  }

  /** The readable bytes as a view of the same memory, of the class of {@link array}. */
  asUint8Array(): Uint8Array {
    const start = this.arrayOffset + this.reader;
    const end = this.arrayOffset + this.writer;
    return start === 0 && end === this.array.length ? this.array : this.array.subarray(start, end);
  }

  /** The readable bytes copied to a plain `Uint8Array`. */
  toUint8Array(): Uint8Array {
    return copyOf(this.array, this.arrayOffset + this.reader, this.arrayOffset + this.writer);
  }

  /** The readable bytes as text; what is not text becomes U+FFFD. Throws UNSUPPORTED_ENCODING. */
  toString(encoding: TextEncoding = "utf8"): string {
    return decodeText(this.array, this.arrayOffset + this.reader, this.arrayOffset + this.writer, encoding);
  }

  /** Whether the readable bytes of both are the same. */
  equals(other: ByteBuf): boolean {
    return this.readableBytes === other.readableBytes && this.compare(other) === 0;
  }

  /** Orders readable bytes as unsigned numbers, a prefix before what it begins: -1, 0 or 1. */
  compare(other: ByteBuf): -1 | 0 | 1 {
    return compareBytes(
      this.array,
      this.arrayOffset + this.reader,
      this.readableBytes,
      other.array,
      other.arrayOffset + other.reader,
      other.readableBytes,
    );
  }

  /** The readable bytes as lower-case hex without spaces. */
  hexDump(): string {
    return formatHex(this.array, this.arrayOffset + this.reader, this.arrayOffset + this.writer);
  }

  /** The readable bytes as a table of sixteen a row with their ASCII beside, as Netty prints it. */
  prettyHexDump(): string {
    return formatHexTable(this.array, this.arrayOffset + this.reader, this.arrayOffset + this.writer);
  }

  /** @internal */
  makeRoom(bytes: number): void {
    const limit = this.rare?.maxCapacity;
    const needed = this.writer + bytes;
    if (this.rare === undefined || limit === undefined) throw indexError(this.writer, bytes, this.capacity);
    if (needed > limit) {
      const detail = `Cannot write ${bytes} byte(s) at index ${this.writer}: the buffer may grow to ${limit}.`;
      throw new SluiceError("CAPACITY_EXCEEDED", detail, { offset: this.writer, length: bytes, limit });
    }
    const grown = ByteBuf.alloc(Math.min(limit, Math.max(needed, this.capacity * 2, LEAST_GROWTH)));
    // Everything, not the readable bytes alone: indexes keep their meaning, and set bytes may lie past writerIndex.
    grown.array.set(this.array.subarray(this.arrayOffset, this.arrayOffset + this.capacity), grown.arrayOffset);
    this.rare.search = undefined;
    moveMemory(this, grown);
  }

  /** What slices and duplicates know of their memory. */
  private get inherited(): RareState | undefined {
    return this.rare?.isReceived ? RECEIVED : undefined;
  }

  /** As `readAt`, for a length that came from outside. */
  private takeReadable(n: number): number {
    if (n >>> 0 !== n) throw indexError(this.reader, n, this.writer);
    return this.readAt(n);
  }
}

export interface ByteBuf extends ByteAccessors {}

addAccessors(ByteBuf.prototype);

function lengthOf(source: Uint8Array | ByteBuf): number {
  return source instanceof ByteBuf ? source.writerIndex - source.readerIndex : source.length;
}
