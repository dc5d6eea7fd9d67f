/** What fills up frames of a fixed length. */
import { type ByteBuf, SluiceError } from "@sluice/buffer";

/** @throws INVALID_ARGUMENT unless `value` is a byte */
export function checkPadding(name: string, value: number): number {
  if ((value & 0xff) === value) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a byte, not ${value}`);
}

/** Of the `length` bytes at `index`, those in front of the padding at the end. */
export function unpaddedLength(buf: ByteBuf, index: number, length: number, padding: number): number {
  const start = buf.arrayOffset + index;
  while (length > 0 && buf.array[start + length - 1] === padding) length--;
  return length;
}
