import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBuf } from "./index.js";

describe("indexOf", () => {
  const letters = fc.constantFrom(0, 1, 2);
  const contents = fc.array(letters, { maxLength: 150 });

  it.each(["Uint8Array", "Buffer"])("finds a byte in a window of a %s as a naive search does", (kind) => {
    fc.assert(
      fc.property(contents, fc.constantFrom(0, 1, 2, 3), windows(), (bytes, value, [offset, f, t]) => {
        const buf = inSlab(kind, bytes, offset, 3);
        const [from, to] = clamp(f, t, bytes.length);
        const found = bytes.findIndex((byte, i) => i >= from && i < to && byte === value);
        expect(buf.indexOf(value, from, to)).toBe(found);
        expect(buf.indexOf(value, from, to)).toBe(found);
      }),
    );
  });

  it.each(["Uint8Array", "Buffer"])("finds a sequence in a window of a %s as a naive search does", (kind) => {
    const needles = fc.array(letters, { maxLength: 4 });
    fc.assert(
      fc.property(contents, needles, windows(), (bytes, needle, [offset, f, t]) => {
        const buf = inSlab(kind, bytes, offset, needle[0] ?? 0);
        const [from, to] = clamp(f, t, bytes.length);
        let found = -1;
        for (let at = from; at + needle.length <= to && found < 0; at++) {
          if (needle.every((byte, i) => bytes[at + i] === byte)) found = at;
        }
        expect(buf.indexOf(Uint8Array.from(needle), from, to)).toBe(found);
      }),
    );
  });

  it("searches the readable bytes by default and gives an absolute index", () => {
    const buf = ByteBuf.from("a.b.c").skipBytes(2);
    expect(buf.indexOf(0x2e)).toBe(3);
    expect(buf.indexOf(0x61)).toBe(-1);
    const open = ByteBuf.alloc(400);
    open.writeBytes(new Uint8Array(300)).setUint8(350, 7);
    expect([open.indexOf(7), open.indexOf(7, 0, 400), open.indexOf(7, 0, 350)]).toEqual([-1, 350, -1]);
  });

  it("makes one view for all searches of a chunk and none for short ones", () => {
    let views = 0;
    class Counting extends Uint8Array {
      override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
        views++;
        return new Uint8Array(this.buffer as ArrayBuffer, begin, (end ?? this.length) - (begin ?? 0));
      }
    }
    const short = ByteBuf.wrap(new Counting(100), 1, 64);
    expect(short.indexOf(9)).toBe(-1);
    expect(views).toBe(0);
    const long = ByteBuf.wrap(new Counting(2000), 1, 1000);
    for (let from = 0; from < 1000; from += 10) long.indexOf(9, from);
    long.indexOf(Uint8Array.of(9, 9));
    long.indexOf(Uint8Array.of(9, 9, 9));
    expect(views).toBe(1);
  });

  it("refuses windows outside the buffer and values that are no byte", () => {
    const buf = ByteBuf.alloc(8);
    buf.writerIndex = 4;
    for (const [from, to] of [
      [-1, 4],
      [3, 2],
      [0, 9],
      [0.5, 4],
      [0, Number.NaN],
    ] as const) {
      refused("INDEX_OUT_OF_RANGE", () => buf.indexOf(0, from, to));
      refused("INDEX_OUT_OF_RANGE", () => buf.indexOf(Uint8Array.of(0), from, to));
    }
    for (const value of [-1, 256, 0.5, Number.NaN]) refused("VALUE_OUT_OF_RANGE", () => buf.indexOf(value));
  });
});

describe("indexOfEither", () => {
  /** Bytes at the edges of what the arithmetic on words could get wrong: borrows, signs. */
  const edges = fc.constantFrom(0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xfe, 0xff);

  it.each(["Uint8Array", "Buffer"])("finds either byte in a window of a %s as a naive search does", (kind) => {
    fc.assert(
      fc.property(fc.array(edges, { maxLength: 60 }), edges, edges, edges, windows(), (bytes, one, other, rest, w) => {
        const [offset, f, t] = w;
        const buf = inSlab(kind, bytes, offset, rest);
        const [from, to] = clamp(f, t, bytes.length);
        const found = bytes.findIndex((byte, i) => i >= from && i < to && (byte === one || byte === other));
        expect(buf.indexOfEither(one, other, from, to)).toBe(found);
        const single = bytes.findIndex((byte, i) => i >= from && i < to && byte === one);
        expect(buf.indexOf(one, from, to)).toBe(single);
      }),
    );
  });

  it("tells every byte from every other at every place of a word", () => {
    for (let value = 0; value < 256; value++) {
      for (let at = 0; at < 16; at++) {
        const bytes = new Uint8Array(20).fill(value ^ 0x80);
        bytes[at] = value;
        const buf = ByteBuf.wrap(bytes, 1, 17);
        const found = at === 0 ? -1 : at - 1;
        expect(buf.indexOfEither(value, value, 0, 17)).toBe(found);
        expect(buf.indexOf(value, 0, 17)).toBe(found);
      }
    }
  });

  it.each([128 * 1024, 128 * 1024 + 1, 300_000])(
    "searches arrays of %i bytes, to their end and not beyond",
    (length) => {
      const array = new Uint8Array(length);
      array[length - 1] = 7;
      const buf = ByteBuf.wrap(array, 5, length - 5);
      expect([buf.indexOfEither(7, 9, 0, length - 5), buf.indexOf(7, 0, length - 5)]).toEqual([length - 6, length - 6]);
      expect([buf.indexOfEither(7, 9, 0, length - 6), buf.indexOf(7, 0, length - 6)]).toEqual([-1, -1]);
      expect(buf.indexOfEither(7, 9, length - 6, length - 5)).toBe(length - 6);
    },
  );

  it("refuses windows outside the buffer and values that are no byte", () => {
    const buf = ByteBuf.alloc(8);
    refused("INDEX_OUT_OF_RANGE", () => buf.indexOfEither(0, 1, 0, 9));
    refused("INDEX_OUT_OF_RANGE", () => buf.indexOfEither(0, 1, 0, Number.NaN));
    for (const value of [-1, 256, 0.5, Number.NaN]) {
      refused("VALUE_OUT_OF_RANGE", () => buf.indexOfEither(value, 0));
      refused("VALUE_OUT_OF_RANGE", () => buf.indexOfEither(0, value));
    }
  });
});

/** `bytes` somewhere in a slab that is otherwise full of `filler`: what a search that leaves its window would find. */
function inSlab(kind: string, bytes: readonly number[], offset: number, filler: number): ByteBuf {
  const length = bytes.length + 10;
  const slab = kind === "Buffer" ? Buffer.alloc(length, filler) : new Uint8Array(length).fill(filler);
  slab.set(bytes, offset);
  return ByteBuf.wrap(slab, offset, bytes.length);
}

function windows(): fc.Arbitrary<[offset: number, from: number, to: number]> {
  return fc.tuple(fc.nat(10), fc.nat(150), fc.nat(150));
}

function clamp(a: number, b: number, length: number): [from: number, to: number] {
  return [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
}

function refused(code: string, act: () => unknown): void {
  expect(act).toThrow(expect.objectContaining({ code }));
}
