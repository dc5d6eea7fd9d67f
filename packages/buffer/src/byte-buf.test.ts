import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBuf, type ErrorCode, SluiceError } from "./index.js";

describe("making a ByteBuf", () => {
  it("wraps a Uint8Array without copying it", () => {
    const array = Uint8Array.of(1, 2, 3);
    const buf = ByteBuf.from(array);
    expect(buf.array).toBe(array);
    expect(state(buf)).toEqual({ reader: 0, writer: 3, capacity: 3 });
  });

  it("encodes a string as UTF-8", () => {
    expect(ByteBuf.from("aé€😀").hexDump()).toBe("61c3a9e282acf09f9880");
  });

  it("encodes a string with head-room, in any encoding and of any length", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.nat(9),
        fc.constantFrom(1, 50),
        (part, headRoom, times) => {
          const text = part.repeat(times);
          const expected = ByteBuf.from(Buffer.from(text));
          const buf = ByteBuf.fromString(text, { headRoom });
          expect(buf.equals(expected)).toBe(true);
          expect([buf.headRoom, buf.readerIndex, buf.writableBytes]).toEqual([headRoom, headRoom, 0]);
          const utf16 = ByteBuf.fromString(text, { headRoom, encoding: "utf16le" });
          expect(utf16.readableBytes).toBe(2 * text.length);
          expect(utf16.headRoom).toBe(headRoom);
        },
      ),
    );
    expect(ByteBuf.fromString("00ff", { encoding: "hex" }).hexDump()).toBe("00ff");
    expectCode("INVALID_ARGUMENT", () => ByteBuf.fromString("", { headRoom: -1 }));
  });

  it("gives each buffer zeroed bytes that no other has", () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(3000)), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const made = lengths.map((length, i) => {
          if (i % 3 === 0) return { buf: ByteBuf.from("é€x".repeat(length % 300)), text: "é€x".repeat(length % 300) };
          const buf = ByteBuf.alloc(length, i % 3 === 1 ? { headRoom: 4 } : undefined);
          expect(
            buf
              .slice(0, buf.capacity)
              .toUint8Array()
              .every((byte) => byte === 0),
          ).toBe(true);
          const text = String.fromCharCode(97 + (i % 26)).repeat(length);
          buf.writeString(text);
          return { buf, text };
        });
        for (const { buf, text } of made) expect(buf.toString()).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it("wraps a window of a slab", () => {
    const buf = ByteBuf.wrap(Uint8Array.of(0, 1, 2, 3, 4), 1, 3);
    expect(buf.arrayOffset).toBe(1);
    expect(buf.hexDump()).toBe("010203");
    for (const [offset, length] of [
      [0, 6],
      [5, 1],
      [-1, 1],
      [1, -1],
      [0.5, 1],
      [1, Number.NaN],
    ] as const) {
      expectCode("INDEX_OUT_OF_RANGE", () => ByteBuf.wrap(new Uint8Array(5), offset, length));
    }
  });

  it("allocates empty room of fixed size", () => {
    const buf = ByteBuf.alloc(4);
    expect(state(buf)).toEqual({ reader: 0, writer: 0, capacity: 4 });
    expect(buf.maxCapacity).toBe(4);
    expect(buf.writableBytes).toBe(4);
    expect(expectCode("INDEX_OUT_OF_RANGE", () => buf.writeBytes(new Uint8Array(5)))).toMatchObject({
      offset: 0,
      length: 5,
      limit: 4,
    });
    expect(buf.writerIndex).toBe(0);
  });

  it("refuses impossible sizes", () => {
    for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectCode("INVALID_ARGUMENT", () => ByteBuf.alloc(size));
      expectCode("INVALID_ARGUMENT", () => ByteBuf.alloc(1, { headRoom: size }));
      expectCode("INVALID_ARGUMENT", () => ByteBuf.alloc(0, { maxCapacity: size }));
    }
    expectCode("INVALID_ARGUMENT", () => ByteBuf.alloc(4, { headRoom: 1, maxCapacity: 4 }));
  });

  it("concatenates readable bytes into memory of its own, without moving the sources", () => {
    const a = ByteBuf.from("xab").skipBytes(1);
    const joined = ByteBuf.concat([a, ByteBuf.EMPTY, ByteBuf.from("c")]);
    a.setUint8(1, 0);
    expect(joined.toString()).toBe("abc");
    expect(a.readerIndex).toBe(1);
    expect(ByteBuf.concat([]).capacity).toBe(0);
  });

  it("shares one EMPTY that nothing can change", () => {
    const { EMPTY } = ByteBuf;
    expect(EMPTY.prepend(0)).toBe(-1);
    EMPTY.clear().writeBytes(new Uint8Array(0));
    expect(EMPTY.writeString("")).toBe(0);
    expectCode("INDEX_OUT_OF_RANGE", () => EMPTY.writeUint8(1));
    expectCode("INDEX_OUT_OF_RANGE", () => (EMPTY.writerIndex = 1));
    expect(EMPTY.indexOf(1)).toBe(-1);
    expect(state(EMPTY)).toEqual({ reader: 0, writer: 0, capacity: 0 });
  });
});

describe("indexes", () => {
  it("keep 0 ≤ readerIndex ≤ writerIndex ≤ capacity whatever is called", () => {
    const step = fc.tuple(fc.constantFrom(...MOVES), fc.integer({ min: -2, max: 12 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, growable) => {
        const buf = ByteBuf.alloc(6, growable ? { headRoom: 2, maxCapacity: 16 } : { headRoom: 2 });
        for (const [move, n] of steps) {
          const before = state(buf);
          try {
            move(buf, n);
          } catch (error) {
            expect(error).toBeInstanceOf(SluiceError);
            expect(state(buf)).toEqual(before);
          }
          expect(buf.headRoom).toBeGreaterThanOrEqual(0);
          expect(buf.headRoom).toBeLessThanOrEqual(buf.readerIndex);
          expect(buf.readerIndex).toBeLessThanOrEqual(buf.writerIndex);
          expect(buf.writerIndex).toBeLessThanOrEqual(buf.capacity);
          expect(buf.capacity).toBeLessThanOrEqual(buf.maxCapacity);
          expect(buf.arrayOffset + buf.capacity).toBeLessThanOrEqual(buf.array.length);
        }
      }),
    );
  });

  it("are checked when set", () => {
    const buf = ByteBuf.alloc(4);
    buf.writerIndex = 3;
    buf.readerIndex = 2;
    for (const bad of [-1, 4, 0.5, Number.NaN]) expectCode("INDEX_OUT_OF_RANGE", () => (buf.readerIndex = bad));
    for (const bad of [-1, 1, 5, 2.5, Number.NaN]) expectCode("INDEX_OUT_OF_RANGE", () => (buf.writerIndex = bad));
    expect(state(buf)).toEqual({ reader: 2, writer: 3, capacity: 4 });
  });

  it("answer isReadable", () => {
    const buf = ByteBuf.from("ab");
    expect([buf.isReadable(), buf.isReadable(2), buf.isReadable(3)]).toEqual([true, true, false]);
    expect(buf.skipBytes(2).isReadable()).toBe(false);
  });

  it("do not move when a length is wrong", () => {
    const buf = ByteBuf.from("abc").skipBytes(1);
    for (const n of [-1, 3, 0.5, Number.NaN, 2 ** 32]) {
      for (const act of ["skipBytes", "readSlice", "readBytes", "readString"] as const) {
        expect(expectCode("INDEX_OUT_OF_RANGE", () => buf[act](n))).toMatchObject({ offset: 1, limit: 3 });
      }
      expectCode("INDEX_OUT_OF_RANGE", () => buf.slice(1, n));
      if (n !== 3) expectCode("INDEX_OUT_OF_RANGE", () => buf.slice(n, 2 - n));
      expectCode("INDEX_OUT_OF_RANGE", () => ByteBuf.alloc(2).ensureWritable(n));
    }
    expect(buf.readerIndex).toBe(1);
  });
});

describe("growth", () => {
  it("doubles, keeps every byte and index, and stops at maxCapacity", () => {
    const buf = ByteBuf.alloc(64, { maxCapacity: 200 });
    const capacities = new Set<number>();
    for (let i = 0; i < 200; i++) {
      buf.writeUint8(i);
      capacities.add(buf.capacity);
    }
    expect([...capacities]).toEqual([64, 128, 200]);
    expect(buf.toUint8Array()).toEqual(Uint8Array.from({ length: 200 }, (_, i) => i));
    expect(expectCode("CAPACITY_EXCEEDED", () => buf.writeUint8(0))).toMatchObject({
      offset: 200,
      length: 1,
      limit: 200,
    });
  });

  it("leaves old slices valid and apart from later writes", () => {
    const buf = ByteBuf.alloc(4, { maxCapacity: 1024 });
    buf.writeString("abcd");
    const slice = buf.slice();
    const twin = buf.duplicate();
    buf.writeString("efgh").toString();
    buf.setUint8(0, 0);
    expect(slice.toString()).toBe("abcd");
    expect(twin.toString()).toBe("abcd");
    expect(buf.indexOf(0x68)).toBe(7);
  });

  it("searches the new memory after a search of the old", () => {
    const buf = ByteBuf.alloc(64, { maxCapacity: 1024 });
    buf.writeBytes(new Uint8Array(40));
    expect(buf.indexOf(7)).toBe(-1);
    buf.ensureWritable(500);
    buf.setUint8(30, 7);
    expect(buf.indexOf(7)).toBe(30);
  });

  it("keeps bytes that were set past writerIndex", () => {
    const buf = ByteBuf.alloc(4, { maxCapacity: 8 });
    buf.setUint8(3, 9).ensureWritable(8);
    expect([buf.capacity, buf.getUint8(3), buf.writerIndex]).toEqual([8, 9, 0]);
  });

  it("can append a buffer to itself", () => {
    const buf = ByteBuf.alloc(3, { maxCapacity: 6 });
    buf.writeString("abc");
    buf.writeBytes(buf);
    expect(buf.getUint8(5)).toBe(0x63);
    expect([buf.readerIndex, buf.toString()]).toEqual([3, "abc"]);
  });
});

describe("head-room", () => {
  it("takes a length field in front of a body that is already there", () => {
    const buf = ByteBuf.alloc(5, { headRoom: 4 });
    expect(state(buf)).toEqual({ reader: 4, writer: 4, capacity: 9 });
    buf.writeString("hello");
    const { array } = buf;
    expect(buf.prepend(4)).toBe(0);
    buf.setUint32(0, 5);
    expect(buf.hexDump()).toBe("0000000568656c6c6f");
    expect(buf.array).toBe(array);
    expect(buf.prepend(1)).toBe(-1);
  });

  it("is given out in pieces, from the inside", () => {
    const buf = ByteBuf.alloc(0, { headRoom: 6, maxCapacity: 100 });
    buf.writeBytes(new Uint8Array(60));
    expect([buf.prepend(2), buf.headRoom, buf.prepend(5), buf.prepend(4)]).toEqual([4, 4, -1, 0]);
    for (const bad of [-1, 0.5, Number.NaN]) expect(ByteBuf.alloc(0, { headRoom: 4 }).prepend(bad)).toBe(-1);
  });

  it.each<[string, (buf: ByteBuf) => ByteBuf]>([
    ["a slice", (buf) => buf.slice()],
    ["a slice that has been read from", (buf) => buf.slice().skipBytes(4)],
    ["a read slice", (buf) => buf.readSlice(8)],
    ["a duplicate", (buf) => buf.duplicate()],
    ["a copy", (buf) => buf.copy()],
    ["wrapped memory that has been read from", () => ByteBuf.from(new Uint8Array(8)).skipBytes(4)],
    ["a buffer that has been read from", (buf) => buf.skipBytes(4)],
  ])("is not given out by %s, whose neighbours may be in use", (_, make) => {
    const buf = ByteBuf.alloc(8, { headRoom: 4 });
    buf.writeBytes(new Uint8Array(8));
    expect(make(buf).prepend(1)).toBe(-1);
  });

  it("never reaches a byte that has been readable", () => {
    const step = fc.tuple(fc.constantFrom(...MOVES), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const buf = ByteBuf.alloc(6, { headRoom: 6 });
        let lowest = 6;
        for (const [move, n] of steps) {
          try {
            move(buf, n);
          } catch (error) {
            expect(error).toBeInstanceOf(SluiceError);
          }
          lowest = Math.min(lowest, buf.readerIndex);
          expect(buf.headRoom).toBeLessThanOrEqual(lowest);
        }
      }),
    );
    const buf = ByteBuf.alloc(6, { headRoom: 4 });
    buf.readerIndex = 0;
    buf.writerIndex = 0;
    const slice = buf.writeUint32(0xcafe).readSlice(4);
    expect(buf.prepend(1)).toBe(-1);
    expect(slice.readUint32()).toBe(0xcafe);
  });

  it("survives clear()", () => {
    const buf = ByteBuf.alloc(4, { headRoom: 4 });
    buf.writeUint32(1);
    expect(state(buf.clear())).toEqual({ reader: 4, writer: 4, capacity: 8 });
    expect(buf.prepend(4)).toBe(0);
  });
});

describe("slices and copies", () => {
  it("slice() shares memory, starts at its own 0 and ends at its own length", () => {
    const buf = ByteBuf.from(Uint8Array.of(0, 1, 2, 3, 4)).skipBytes(1);
    expect(buf.slice().hexDump()).toBe("01020304");
    expect(buf.slice(3).hexDump()).toBe("0304");
    const slice = buf.slice(1, 2);
    expect(state(slice)).toEqual({ reader: 0, writer: 2, capacity: 2 });
    slice.setUint8(0, 9);
    expect(buf.getUint8(1)).toBe(9);
    expectCode("INDEX_OUT_OF_RANGE", () => slice.getUint8(2));
    expect(slice.slice(1).arrayOffset).toBe(2);
  });

  it("readSlice() and readBytes() take; only the first shares memory", () => {
    const buf = ByteBuf.from("abcd");
    const slice = buf.readSlice(2);
    const bytes = buf.readBytes(2);
    buf.setUint8(0, 0x78).setUint8(2, 0x78);
    expect([slice.toString(), bytes.toString(), buf.readableBytes]).toEqual(["xb", "cd", 0]);
  });

  it("duplicate() has its own indexes over the same memory", () => {
    const buf = ByteBuf.alloc(4);
    buf.writeUint16(0x6162);
    const twin = buf.duplicate();
    twin.writeUint8(0x63);
    expect([buf.writerIndex, twin.writerIndex, buf.getUint8(2)]).toEqual([2, 3, 0x63]);
  });

  it("copies are plain and independent, also of a Node Buffer", () => {
    const buf = ByteBuf.from(Buffer.from("abc"));
    const copies = [buf.copy().array, buf.toUint8Array(), buf.duplicate().readBytes(3).array];
    buf.setUint8(0, 0);
    for (const copy of copies) {
      expect(copy.constructor).toBe(Uint8Array);
      expect(copy).toEqual(Uint8Array.of(97, 98, 99));
    }
  });

  it("asUint8Array() is a view of the readable bytes, in the class of the array", () => {
    const whole = Uint8Array.of(1, 2, 3);
    expect(ByteBuf.from(whole).asUint8Array()).toBe(whole);
    const view = ByteBuf.from(Buffer.from("abc")).skipBytes(1).asUint8Array();
    expect(view).toBeInstanceOf(Buffer);
    expect(view.length).toBe(2);
  });
});

describe("moving bytes", () => {
  it("writeBytes() and setBytes() read a source buffer to its end, as Netty does", () => {
    const target = ByteBuf.alloc(6);
    const source = ByteBuf.from("xab").skipBytes(1);
    expect(target.writeBytes(source).writeBytes(Uint8Array.of(0x63))).toBe(target);
    expect([target.toString(), source.readableBytes]).toEqual(["abc", 0]);
    const other = ByteBuf.from("yz");
    target.setBytes(1, other).setBytes(0, Uint8Array.of(0x77));
    expect([target.toString(), other.readableBytes]).toEqual(["wyz", 0]);
  });

  it("getBytes() fills its target", () => {
    const buf = ByteBuf.from("abcdef");
    const array = new Uint8Array(2);
    buf.getBytes(1, array);
    expect(array).toEqual(Uint8Array.of(98, 99));
    const target = ByteBuf.alloc(3).writeUint8(0x21);
    buf.getBytes(4, target);
    expect([target.toString(), buf.readerIndex]).toEqual(["!ef", 0]);
  });

  it("moves nothing when it does not fit", () => {
    const source = ByteBuf.from("abc");
    const target = ByteBuf.alloc(2);
    expectCode("INDEX_OUT_OF_RANGE", () => target.writeBytes(source));
    expectCode("INDEX_OUT_OF_RANGE", () => target.setBytes(0, source));
    expectCode("INDEX_OUT_OF_RANGE", () => source.getBytes(2, target));
    expect([source.readerIndex, target.writerIndex]).toEqual([0, 0]);
  });

  it("copies overlapping memory as if through a third place", () => {
    const buf = ByteBuf.from("abcdef");
    buf.setBytes(1, buf.slice(0, 5));
    expect(buf.toString()).toBe("aabcde");
  });
});

describe("equals and compare", () => {
  it("agree with Node's on readable bytes, wherever they lie", () => {
    const bytes = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), { maxLength: 5 });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(3), fc.nat(3), (a, b, i, j) => {
        const left = ByteBuf.from(Uint8Array.of(...new Uint8Array(i), ...a)).skipBytes(i);
        const right = ByteBuf.from(Buffer.of(...new Uint8Array(j), ...b)).skipBytes(j);
        expect(left.compare(right)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(left.equals(right)).toBe(Buffer.from(a).equals(Buffer.from(b)));
      }),
    );
    expect(ByteBuf.from("xab").skipBytes(1).equals(ByteBuf.from("ab"))).toBe(true);
  });
});

const MOVES: ((buf: ByteBuf, n: number) => unknown)[] = [
  (buf, n) => (buf.readerIndex = n),
  (buf, n) => (buf.writerIndex = n),
  (buf, n) => buf.skipBytes(n),
  (buf, n) => buf.readSlice(n),
  (buf, n) => buf.readBytes(n),
  (buf, n) => buf.readString(n),
  (buf, n) => buf.slice(n),
  (buf, n) => buf.slice(n, n),
  (buf, n) => buf.prepend(n),
  (buf, n) => buf.ensureWritable(n),
  (buf, n) => buf.writeBytes(new Uint8Array(Math.max(0, n))),
  (buf, n) => buf.writeUint8(n),
  (buf, n) => buf.writeUint24LE(n),
  (buf, n) => buf.writeString("é".repeat(Math.max(0, n))),
  (buf) => buf.readUint16(),
  (buf) => buf.readDouble(),
  (buf) => buf.writeBytes(buf),
  (buf, n) => n === 12 && buf.clear(),
];

function state(buf: ByteBuf): { reader: number; writer: number; capacity: number } {
  return { reader: buf.readerIndex, writer: buf.writerIndex, capacity: buf.capacity };
}

function expectCode(code: ErrorCode, act: () => unknown): SluiceError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code).toBe(code);
    return error as SluiceError;
  }
  throw new Error(`expected ${code}`);
}
