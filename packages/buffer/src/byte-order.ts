/**
 * Numbers as bytes, in either byte order.
 *
 * Integers up to 32 bits are put together by arithmetic on the bytes: that needs no view of the memory, where a
 * `DataView` per buffer would cost more than the buffer itself. Floats and 64-bit integers pass through one scratch
 * view. Nothing here checks bounds; `ByteAccessors` does that before it calls.
 *
 * The `put…` functions look the memory up in their target after the position has been worked out, because making
 * room for the bytes may have replaced it, and return the target so that an accessor is one expression.
 */

import { valueError } from "./bounds.js";

/** What the `put…` functions write to. */
interface Target {
  readonly array: Uint8Array;
}

const scratch = new DataView(new ArrayBuffer(8));

// Reading.

export function uint16(a: Uint8Array, at: number): number {
  return ((a[at] as number) << 8) | (a[at + 1] as number);
}

export function uint16LE(a: Uint8Array, at: number): number {
  return (a[at] as number) | ((a[at + 1] as number) << 8);
}

export function uint24(a: Uint8Array, at: number): number {
  return ((a[at] as number) << 16) | ((a[at + 1] as number) << 8) | (a[at + 2] as number);
}

export function uint24LE(a: Uint8Array, at: number): number {
  return (a[at] as number) | ((a[at + 1] as number) << 8) | ((a[at + 2] as number) << 16);
}

export function int32(a: Uint8Array, at: number): number {
  return (uint16(a, at) << 16) | uint16(a, at + 2);
}

export function int32LE(a: Uint8Array, at: number): number {
  return uint16LE(a, at) | (uint16LE(a, at + 2) << 16);
}

export function uint64(a: Uint8Array, at: number): bigint {
  load64(int32(a, at), int32(a, at + 4));
  return scratch.getBigUint64(0);
}

export function uint64LE(a: Uint8Array, at: number): bigint {
  load64(int32LE(a, at + 4), int32LE(a, at));
  return scratch.getBigUint64(0);
}

export function int64(a: Uint8Array, at: number): bigint {
  load64(int32(a, at), int32(a, at + 4));
  return scratch.getBigInt64(0);
}

export function int64LE(a: Uint8Array, at: number): bigint {
  load64(int32LE(a, at + 4), int32LE(a, at));
  return scratch.getBigInt64(0);
}

export function float(a: Uint8Array, at: number): number {
  scratch.setInt32(0, int32(a, at));
  return scratch.getFloat32(0);
}

export function floatLE(a: Uint8Array, at: number): number {
  scratch.setInt32(0, int32LE(a, at));
  return scratch.getFloat32(0);
}

export function double(a: Uint8Array, at: number): number {
  load64(int32(a, at), int32(a, at + 4));
  return scratch.getFloat64(0);
}

export function doubleLE(a: Uint8Array, at: number): number {
  load64(int32LE(a, at + 4), int32LE(a, at));
  return scratch.getFloat64(0);
}

// Checking: the value when it fits, else VALUE_OUT_OF_RANGE. Fractions, NaN and strings fit nowhere.

/** `value` as an unsigned integer of `bits` ≤ 32. */
export function asUint(value: number, bits: number): number {
  const spare = 32 - bits;
  if ((value << spare) >>> spare !== value) throw valueError(value, `an unsigned ${bits}-bit integer`);
  return value;
}

/** `value` as a signed integer of `bits` ≤ 32. */
export function asInt(value: number, bits: number): number {
  const spare = 32 - bits;
  if ((value << spare) >> spare !== value) throw valueError(value, `a signed ${bits}-bit integer`);
  return value;
}

export function asUint64(value: bigint): bigint {
  if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) {
    throw valueError(value, "an unsigned 64-bit bigint");
  }
  return value;
}

export function asInt64(value: bigint): bigint {
  if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) {
    throw valueError(value, "a signed 64-bit bigint");
  }
  return value;
}

/** Rounding to the nearest float is what a float is for; a finite number that would become infinite does not fit. */
export function asFloat(value: number): number {
  if (typeof value !== "number" || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) {
    throw valueError(value, "an IEEE 754 float");
  }
  return value;
}

export function asDouble(value: number): number {
  if (typeof value !== "number") throw valueError(value, "an IEEE 754 double");
  return value;
}

// Writing. Signed and unsigned integers of one width have the same bytes.

export function put8<T extends Target>(target: T, value: number, at: number): T {
  target.array[at] = value;
  return target;
}

export function put16<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value >> 8;
  a[at + 1] = value;
  return target;
}

export function put16LE<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value;
  a[at + 1] = value >> 8;
  return target;
}

export function put24<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value >> 16;
  a[at + 1] = value >> 8;
  a[at + 2] = value;
  return target;
}

export function put24LE<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value;
  a[at + 1] = value >> 8;
  a[at + 2] = value >> 16;
  return target;
}

export function put32<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value >> 24;
  a[at + 1] = value >> 16;
  a[at + 2] = value >> 8;
  a[at + 3] = value;
  return target;
}

export function put32LE<T extends Target>(target: T, value: number, at: number): T {
  const a = target.array;
  a[at] = value;
  a[at + 1] = value >> 8;
  a[at + 2] = value >> 16;
  a[at + 3] = value >> 24;
  return target;
}

export function put64<T extends Target>(target: T, value: bigint, at: number): T {
  scratch.setBigUint64(0, value);
  put32(target, scratch.getInt32(0), at);
  return put32(target, scratch.getInt32(4), at + 4);
}

export function put64LE<T extends Target>(target: T, value: bigint, at: number): T {
  scratch.setBigUint64(0, value);
  put32LE(target, scratch.getInt32(4), at);
  return put32LE(target, scratch.getInt32(0), at + 4);
}

export function putFloat<T extends Target>(target: T, value: number, at: number): T {
  scratch.setFloat32(0, value);
  return put32(target, scratch.getInt32(0), at);
}

export function putFloatLE<T extends Target>(target: T, value: number, at: number): T {
  scratch.setFloat32(0, value);
  return put32LE(target, scratch.getInt32(0), at);
}

export function putDouble<T extends Target>(target: T, value: number, at: number): T {
  scratch.setFloat64(0, value);
  put32(target, scratch.getInt32(0), at);
  return put32(target, scratch.getInt32(4), at + 4);
}

export function putDoubleLE<T extends Target>(target: T, value: number, at: number): T {
  scratch.setFloat64(0, value);
  put32LE(target, scratch.getInt32(4), at);
  return put32LE(target, scratch.getInt32(0), at + 4);
}

// The scratch view always holds the high half first.
function load64(high: number, low: number): void {
  scratch.setInt32(0, high);
  scratch.setInt32(4, low);
}
