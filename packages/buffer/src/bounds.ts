/**
 * The two errors of a bounds-checked buffer, built apart from the checks.
 *
 * An accessor stays small enough to be inlined when the text of its error is put together elsewhere.
 */

import { SluiceError } from "./sluice-error.js";

/** For `length` bytes at `index` that do not lie within the first `limit` bytes. */
export function indexError(index: number, length: number, limit: number): SluiceError {
  const detail = `Cannot access ${length} byte(s) at index ${index}: the limit is ${limit}.`;
  return new SluiceError("INDEX_OUT_OF_RANGE", detail, { offset: index, length, limit });
}

/** For a value that does not fit `kind`, such as "an unsigned 16-bit integer". */
export function valueError(value: unknown, kind: string): SluiceError {
  return new SluiceError("VALUE_OUT_OF_RANGE", `${String(value)} does not fit ${kind}.`);
}

/** `offset`, if `length` bytes from there on lie within `array`. */
export function rangeStart(array: Uint8Array, offset: number, length: number): number {
  if (offset >>> 0 === offset && length >>> 0 === length && offset + length <= array.length) return offset;
  throw indexError(offset, length, array.length);
}

/** Throws INDEX_OUT_OF_RANGE unless `from` and `to` are the ends of a window on the first `capacity` bytes. */
export function checkWindow(from: number, to: number, capacity: number): void {
  if (from >>> 0 === from && to >>> 0 === to && from <= to && to <= capacity) return;
  throw indexError(from, to - from, capacity);
}
