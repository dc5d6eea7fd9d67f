// Records of seven numbers, 28 bytes, are read or written: `accessors.mjs sluice | buffer | view read | write`.
import { ByteBuf } from "sluice";
import { takeTurns } from "./turns.mjs";

const RECORDS = 1000;
const RECORD_BYTES = 28;
const [name, what] = process.argv.slice(2);

const bytes = Buffer.alloc(RECORDS * RECORD_BYTES);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const buf = ByteBuf.wrap(bytes, 0, bytes.length);

const READ = {
  sluice() {
    let sum = 0;
    buf.readerIndex = 0;
    for (let i = 0; i < RECORDS; i++) {
      sum += buf.readUint8() + buf.readUint16() + buf.readUint24() + buf.readInt32();
      sum += Number(buf.readInt64LE()) + buf.readDouble() + buf.readUint16LE();
    }
    return sum;
  },

  buffer() {
    let sum = 0;
    for (let i = 0, at = 0; i < RECORDS; i++, at += RECORD_BYTES) {
      sum += bytes.readUInt8(at) + bytes.readUInt16BE(at + 1) + bytes.readUIntBE(at + 3, 3) + bytes.readInt32BE(at + 6);
      sum += Number(bytes.readBigInt64LE(at + 10)) + bytes.readDoubleBE(at + 18) + bytes.readUInt16LE(at + 26);
    }
    return sum;
  },

  view() {
    let sum = 0;
    for (let i = 0, at = 0; i < RECORDS; i++, at += RECORD_BYTES) {
      sum += view.getUint8(at) + view.getUint16(at + 1) + view.getUint16(at + 3) * 256 + view.getUint8(at + 5);
      sum += view.getInt32(at + 6) + Number(view.getBigInt64(at + 10, true));
      sum += view.getFloat64(at + 18) + view.getUint16(at + 26, true);
    }
    return sum;
  },
};

const WRITE = {
  sluice() {
    buf.clear();
    for (let i = 0; i < RECORDS; i++) {
      buf
        .writeUint8(i & 0xff)
        .writeUint16(i)
        .writeUint24(i)
        .writeInt32(i);
      buf.writeInt64LE(BigInt(i)).writeDouble(i).writeUint16LE(i);
    }
  },

  buffer() {
    for (let i = 0, at = 0; i < RECORDS; i++, at += RECORD_BYTES) {
      bytes.writeUInt8(i & 0xff, at);
      bytes.writeUInt16BE(i, at + 1);
      bytes.writeUIntBE(i, at + 3, 3);
      bytes.writeInt32BE(i, at + 6);
      bytes.writeBigInt64LE(BigInt(i), at + 10);
      bytes.writeDoubleBE(i, at + 18);
      bytes.writeUInt16LE(i, at + 26);
    }
  },

  view() {
    for (let i = 0, at = 0; i < RECORDS; i++, at += RECORD_BYTES) {
      view.setUint8(at, i);
      view.setUint16(at + 1, i);
      view.setUint16(at + 3, i >> 8);
      view.setUint8(at + 5, i);
      view.setInt32(at + 6, i);
      view.setBigInt64(at + 10, BigInt(i), true);
      view.setFloat64(at + 18, i);
      view.setUint16(at + 26, i, true);
    }
  },
};

/** What was written by one is read by another: all mean the same bytes. */
WRITE[name]();
const expected = ((RECORDS - 1) * RECORDS * 6) / 2 + sumOf((i) => i & 0xff);
for (const read of Object.values(READ)) if (read() !== expected) throw new Error("another record was read");

function sumOf(value) {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) sum += value(i);
  return sum;
}

const reading = READ[name];
const writing = WRITE[name];
await takeTurns(
  what === "read"
    ? () => {
        if (reading() !== expected) throw new Error("another record was read");
        return RECORDS;
      }
    : () => {
        writing();
        return RECORDS;
      },
);
