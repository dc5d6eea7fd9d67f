/** A length in front of what it counts: read and written in 1, 2, 3, 4 or 8 bytes, in either byte order. */
import { type ByteBuf, SluiceError } from "@sluice/buffer";

/** Bytes a length field may have. */
export type LengthFieldLength = 1 | 2 | 3 | 4 | 8;

/** Big-endian, the order of networks, or little-endian. */
export type ByteOrder = "BE" | "LE";

/** The largest value of a field; of one of 8 bytes, the largest a JavaScript number holds exactly. */
export const LARGEST_LENGTH: Readonly<Record<LengthFieldLength, number>> = {
  1: 2 ** 8 - 1,
  2: 2 ** 16 - 1,
  3: 2 ** 24 - 1,
  4: 2 ** 32 - 1,
  8: Number.MAX_SAFE_INTEGER,
};

/** @throws INVALID_ARGUMENT */
export function checkLengthField(length: number, order: string): void {
  if (![1, 2, 3, 4, 8].includes(length)) {
    throw new SluiceError("INVALID_ARGUMENT", `lengthFieldLength must be 1, 2, 3, 4 or 8, not ${length}`);
  }
  if (order !== "BE" && order !== "LE") {
    throw new SluiceError("INVALID_ARGUMENT", `byteOrder must be "BE" or "LE", not "${order}"`);
  }
}

/** The unsigned length at `index`; -1 for one of 8 bytes that is not a number JavaScript can hold exactly. */
export function readLengthField(buf: ByteBuf, index: number, length: LengthFieldLength, order: ByteOrder): number {
  switch (length) {
    case 1:
      return buf.getUint8(index);
    case 2:
      return order === "BE" ? buf.getUint16(index) : buf.getUint16LE(index);
    case 3:
      return order === "BE" ? buf.getUint24(index) : buf.getUint24LE(index);
    case 4:
      return order === "BE" ? buf.getUint32(index) : buf.getUint32LE(index);
    case 8: {
      const high = order === "BE" ? buf.getUint32(index) : buf.getUint32LE(index + 4);
      const low = order === "BE" ? buf.getUint32(index + 4) : buf.getUint32LE(index);
      return high < 2 ** 21 ? high * 2 ** 32 + low : -1;
    }
  }
}

/** Writes `value` to `index`. @throws VALUE_OUT_OF_RANGE when it does not fit */
export function writeLengthField(
  buf: ByteBuf,
  index: number,
  value: number,
  length: LengthFieldLength,
  order: ByteOrder,
): void {
  if (order === "BE") writeBigEndian(buf, index, value, length);
  else writeLittleEndian(buf, index, value, length);
}

function writeBigEndian(buf: ByteBuf, index: number, value: number, length: LengthFieldLength): void {
  if (length === 1) buf.setUint8(index, value);
  else if (length === 2) buf.setUint16(index, value);
  else if (length === 3) buf.setUint24(index, value);
  else if (length === 4) buf.setUint32(index, value);
  else buf.setUint64(index, BigInt(value));
}

function writeLittleEndian(buf: ByteBuf, index: number, value: number, length: LengthFieldLength): void {
  if (length === 1) buf.setUint8(index, value);
  else if (length === 2) buf.setUint16LE(index, value);
  else if (length === 3) buf.setUint24LE(index, value);
  else if (length === 4) buf.setUint32LE(index, value);
  else buf.setUint64LE(index, BigInt(value));
}
