/**
 * The number accessors of a buffer: every width, either byte order, by position or in sequence.
 *
 * | | position | moves | must lie within | on failure |
 * |---|---|---|---|---|
 * | `getX(index)` | `index` | nothing | `capacity` | INDEX_OUT_OF_RANGE |
 * | `setX(index, value)` | `index` | nothing | `capacity` | INDEX_OUT_OF_RANGE, VALUE_OUT_OF_RANGE |
 * | `readX()` | `readerIndex` | `readerIndex` | `writerIndex` | INDEX_OUT_OF_RANGE |
 * | `writeX(value)` | `writerIndex` | `writerIndex` | `maxCapacity` | as `ensureWritable`, VALUE_OUT_OF_RANGE |
 *
 * The plain name is big-endian, the order of networks; `…LE` is little-endian. Integers up to 32 bits are numbers,
 * 64-bit integers are bigints. A value that does not fit is an error and never cut; a failed call moves no index.
 */

import { indexError } from "./bounds.js";
import {
  asDouble,
  asFloat,
  asInt,
  asInt64,
  asUint,
  asUint64,
  double,
  doubleLE,
  float,
  floatLE,
  int32,
  int32LE,
  int64,
  int64LE,
  put8,
  put16,
  put16LE,
  put24,
  put24LE,
  put32,
  put32LE,
  put64,
  put64LE,
  putDouble,
  putDoubleLE,
  putFloat,
  putFloatLE,
  uint16,
  uint16LE,
  uint24,
  uint24LE,
  uint64,
  uint64LE,
} from "./byte-order.js";

/**
 * The fields of a `ByteBuf` and its number accessors, which {@link addAccessors} gives to that class.
 *
 * It is not its base: making an object of a derived class took 8 ns more wherever the engine did not inline both
 * constructors, and every frame is such an object.
 */
export abstract class ByteAccessors {
  // `declare` keeps the compiler from emitting class fields: those would first hold undefined and so lose the
  // small-integer representation the engine gives a field that only ever held one.
  declare readonly array: Uint8Array;
  declare readonly arrayOffset: number;
  declare readonly capacity: number;
  /** @internal */
  declare reader: number;
  /** @internal */
  declare writer: number;

  /** Unsigned 8-bit integer. */
  getUint8(index: number): number {
    return this.array[this.at(index, 1)] as number;
  }
  setUint8(index: number, value: number): this {
    return put8(this, asUint(value, 8), this.at(index, 1));
  }
  readUint8(): number {
    return this.array[this.readAt(1)] as number;
  }
  writeUint8(value: number): this {
    return put8(this, asUint(value, 8), this.writeAt(1));
  }

  /** Signed 8-bit integer. */
  getInt8(index: number): number {
    return ((this.array[this.at(index, 1)] as number) << 24) >> 24;
  }
  setInt8(index: number, value: number): this {
    return put8(this, asInt(value, 8), this.at(index, 1));
  }
  readInt8(): number {
    return ((this.array[this.readAt(1)] as number) << 24) >> 24;
  }
  writeInt8(value: number): this {
    return put8(this, asInt(value, 8), this.writeAt(1));
  }

  /** Unsigned 16-bit integer, big-endian. */
  getUint16(index: number): number {
    return uint16(this.array, this.at(index, 2));
  }
  setUint16(index: number, value: number): this {
    return put16(this, asUint(value, 16), this.at(index, 2));
  }
  readUint16(): number {
    return uint16(this.array, this.readAt(2));
  }
  writeUint16(value: number): this {
    return put16(this, asUint(value, 16), this.writeAt(2));
  }

  /** Unsigned 16-bit integer, little-endian. */
  getUint16LE(index: number): number {
    return uint16LE(this.array, this.at(index, 2));
  }
  setUint16LE(index: number, value: number): this {
    return put16LE(this, asUint(value, 16), this.at(index, 2));
  }
  readUint16LE(): number {
    return uint16LE(this.array, this.readAt(2));
  }
  writeUint16LE(value: number): this {
    return put16LE(this, asUint(value, 16), this.writeAt(2));
  }

  /** Signed 16-bit integer, big-endian. */
  getInt16(index: number): number {
    return (uint16(this.array, this.at(index, 2)) << 16) >> 16;
  }
  setInt16(index: number, value: number): this {
    return put16(this, asInt(value, 16), this.at(index, 2));
  }
  readInt16(): number {
    return (uint16(this.array, this.readAt(2)) << 16) >> 16;
  }
  writeInt16(value: number): this {
    return put16(this, asInt(value, 16), this.writeAt(2));
  }

  /** Signed 16-bit integer, little-endian. */
  getInt16LE(index: number): number {
    return (uint16LE(this.array, this.at(index, 2)) << 16) >> 16;
  }
  setInt16LE(index: number, value: number): this {
    return put16LE(this, asInt(value, 16), this.at(index, 2));
  }
  readInt16LE(): number {
    return (uint16LE(this.array, this.readAt(2)) << 16) >> 16;
  }
  writeInt16LE(value: number): this {
    return put16LE(this, asInt(value, 16), this.writeAt(2));
  }

  /** Unsigned 24-bit integer, big-endian. */
  getUint24(index: number): number {
    return uint24(this.array, this.at(index, 3));
  }
  setUint24(index: number, value: number): this {
    return put24(this, asUint(value, 24), this.at(index, 3));
  }
  readUint24(): number {
    return uint24(this.array, this.readAt(3));
  }
  writeUint24(value: number): this {
    return put24(this, asUint(value, 24), this.writeAt(3));
  }

  /** Unsigned 24-bit integer, little-endian. */
  getUint24LE(index: number): number {
    return uint24LE(this.array, this.at(index, 3));
  }
  setUint24LE(index: number, value: number): this {
    return put24LE(this, asUint(value, 24), this.at(index, 3));
  }
  readUint24LE(): number {
    return uint24LE(this.array, this.readAt(3));
  }
  writeUint24LE(value: number): this {
    return put24LE(this, asUint(value, 24), this.writeAt(3));
  }

  /** Signed 24-bit integer, big-endian. */
  getInt24(index: number): number {
    return (uint24(this.array, this.at(index, 3)) << 8) >> 8;
  }
  setInt24(index: number, value: number): this {
    return put24(this, asInt(value, 24), this.at(index, 3));
  }
  readInt24(): number {
    return (uint24(this.array, this.readAt(3)) << 8) >> 8;
  }
  writeInt24(value: number): this {
    return put24(this, asInt(value, 24), this.writeAt(3));
  }

  /** Signed 24-bit integer, little-endian. */
  getInt24LE(index: number): number {
    return (uint24LE(this.array, this.at(index, 3)) << 8) >> 8;
  }
  setInt24LE(index: number, value: number): this {
    return put24LE(this, asInt(value, 24), this.at(index, 3));
  }
  readInt24LE(): number {
    return (uint24LE(this.array, this.readAt(3)) << 8) >> 8;
  }
  writeInt24LE(value: number): this {
    return put24LE(this, asInt(value, 24), this.writeAt(3));
  }

  /** Unsigned 32-bit integer, big-endian. */
  getUint32(index: number): number {
    return int32(this.array, this.at(index, 4)) >>> 0;
  }
  setUint32(index: number, value: number): this {
    return put32(this, asUint(value, 32), this.at(index, 4));
  }
  readUint32(): number {
    return int32(this.array, this.readAt(4)) >>> 0;
  }
  writeUint32(value: number): this {
    return put32(this, asUint(value, 32), this.writeAt(4));
  }

  /** Unsigned 32-bit integer, little-endian. */
  getUint32LE(index: number): number {
    return int32LE(this.array, this.at(index, 4)) >>> 0;
  }
  setUint32LE(index: number, value: number): this {
    return put32LE(this, asUint(value, 32), this.at(index, 4));
  }
  readUint32LE(): number {
    return int32LE(this.array, this.readAt(4)) >>> 0;
  }
  writeUint32LE(value: number): this {
    return put32LE(this, asUint(value, 32), this.writeAt(4));
  }

  /** Signed 32-bit integer, big-endian. */
  getInt32(index: number): number {
    return int32(this.array, this.at(index, 4));
  }
  setInt32(index: number, value: number): this {
    return put32(this, asInt(value, 32), this.at(index, 4));
  }
  readInt32(): number {
    return int32(this.array, this.readAt(4));
  }
  writeInt32(value: number): this {
    return put32(this, asInt(value, 32), this.writeAt(4));
  }

  /** Signed 32-bit integer, little-endian. */
  getInt32LE(index: number): number {
    return int32LE(this.array, this.at(index, 4));
  }
  setInt32LE(index: number, value: number): this {
    return put32LE(this, asInt(value, 32), this.at(index, 4));
  }
  readInt32LE(): number {
    return int32LE(this.array, this.readAt(4));
  }
  writeInt32LE(value: number): this {
    return put32LE(this, asInt(value, 32), this.writeAt(4));
  }

  /** Unsigned 64-bit integer, big-endian. */
  getUint64(index: number): bigint {
    return uint64(this.array, this.at(index, 8));
  }
  setUint64(index: number, value: bigint): this {
    return put64(this, asUint64(value), this.at(index, 8));
  }
  readUint64(): bigint {
    return uint64(this.array, this.readAt(8));
  }
  writeUint64(value: bigint): this {
    return put64(this, asUint64(value), this.writeAt(8));
  }

  /** Unsigned 64-bit integer, little-endian. */
  getUint64LE(index: number): bigint {
    return uint64LE(this.array, this.at(index, 8));
  }
  setUint64LE(index: number, value: bigint): this {
    return put64LE(this, asUint64(value), this.at(index, 8));
  }
  readUint64LE(): bigint {
    return uint64LE(this.array, this.readAt(8));
  }
  writeUint64LE(value: bigint): this {
    return put64LE(this, asUint64(value), this.writeAt(8));
  }

  /** Signed 64-bit integer, big-endian. */
  getInt64(index: number): bigint {
    return int64(this.array, this.at(index, 8));
  }
  setInt64(index: number, value: bigint): this {
    return put64(this, asInt64(value), this.at(index, 8));
  }
  readInt64(): bigint {
    return int64(this.array, this.readAt(8));
  }
  writeInt64(value: bigint): this {
    return put64(this, asInt64(value), this.writeAt(8));
  }

  /** Signed 64-bit integer, little-endian. */
  getInt64LE(index: number): bigint {
    return int64LE(this.array, this.at(index, 8));
  }
  setInt64LE(index: number, value: bigint): this {
    return put64LE(this, asInt64(value), this.at(index, 8));
  }
  readInt64LE(): bigint {
    return int64LE(this.array, this.readAt(8));
  }
  writeInt64LE(value: bigint): this {
    return put64LE(this, asInt64(value), this.writeAt(8));
  }

  /** IEEE 754 single-precision number, big-endian. */
  getFloat(index: number): number {
    return float(this.array, this.at(index, 4));
  }
  setFloat(index: number, value: number): this {
    return putFloat(this, asFloat(value), this.at(index, 4));
  }
  readFloat(): number {
    return float(this.array, this.readAt(4));
  }
  writeFloat(value: number): this {
    return putFloat(this, asFloat(value), this.writeAt(4));
  }

  /** IEEE 754 single-precision number, little-endian. */
  getFloatLE(index: number): number {
    return floatLE(this.array, this.at(index, 4));
  }
  setFloatLE(index: number, value: number): this {
    return putFloatLE(this, asFloat(value), this.at(index, 4));
  }
  readFloatLE(): number {
    return floatLE(this.array, this.readAt(4));
  }
  writeFloatLE(value: number): this {
    return putFloatLE(this, asFloat(value), this.writeAt(4));
  }

  /** IEEE 754 double-precision number, big-endian. */
  getDouble(index: number): number {
    return double(this.array, this.at(index, 8));
  }
  setDouble(index: number, value: number): this {
    return putDouble(this, asDouble(value), this.at(index, 8));
  }
  readDouble(): number {
    return double(this.array, this.readAt(8));
  }
  writeDouble(value: number): this {
    return putDouble(this, asDouble(value), this.writeAt(8));
  }

  /** IEEE 754 double-precision number, little-endian. */
  getDoubleLE(index: number): number {
    return doubleLE(this.array, this.at(index, 8));
  }
  setDoubleLE(index: number, value: number): this {
    return putDoubleLE(this, asDouble(value), this.at(index, 8));
  }
  readDoubleLE(): number {
    return doubleLE(this.array, this.readAt(8));
  }
  writeDoubleLE(value: number): this {
    return putDoubleLE(this, asDouble(value), this.writeAt(8));
  }

  /** Makes room for `bytes` more at `writerIndex`, or throws. Only called when there is none. @internal */
  abstract makeRoom(bytes: number): void;

  /** Position in {@link array} of `width` bytes at `index`, checked against `capacity`. @internal */
  at(index: number, width: number): number {
    if (index >>> 0 !== index || index + width > this.capacity) throw indexError(index, width, this.capacity);
    return this.arrayOffset + index;
  }

  /** Position in {@link array} of the next `width` readable bytes, which count as read from here on. @internal */
  readAt(width: number): number {
    const start = this.reader;
    const end = start + width;
    if (end > this.writer) throw indexError(start, width, this.writer);
    this.reader = end;
    return this.arrayOffset + start;
  }

  /** Position in {@link array} where the next `width` bytes go, which count as written from here on. @internal */
  writeAt(width: number): number {
    const start = this.writer;
    const end = start + width;
    if (end > this.capacity) this.makeRoom(width);
    this.writer = end;
    return this.arrayOffset + start;
  }
}

/** Makes the accessors methods of a class that has the fields. */
export function addAccessors(prototype: ByteAccessors): void {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(ByteAccessors.prototype);
  Object.defineProperties(prototype, methods as PropertyDescriptorMap);
}
