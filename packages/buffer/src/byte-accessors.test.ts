import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBuf, SluiceError } from "./index.js";

interface Accessor {
  readonly name: string;
  readonly width: number;
  /** Values that fit, and their reading by the oracle. */
  readonly values: fc.Arbitrary<number | bigint>;
  readonly oracle: (view: DataView) => number | bigint;
  /** Values that do not fit. */
  readonly misfits: readonly unknown[];
}

const ACCESSORS: Accessor[] = [
  ...integers("Uint", 8, false),
  ...integers("Int", 8, true),
  ...integers("Uint", 16, false),
  ...integers("Int", 16, true),
  ...integers("Uint", 24, false),
  ...integers("Int", 24, true),
  ...integers("Uint", 32, false),
  ...integers("Int", 32, true),
  ...bigints("Uint64", 0n, 2n ** 64n - 1n),
  ...bigints("Int64", -(2n ** 63n), 2n ** 63n - 1n),
  ...orders((suffix, little) => ({
    name: `Float${suffix}`,
    width: 4,
    values: fc.float(),
    oracle: (view) => view.getFloat32(0, little),
    misfits: [1e39, -1e300, Number.MAX_VALUE, "1", undefined, 1n],
  })),
  ...orders((suffix, little) => ({
    name: `Double${suffix}`,
    width: 8,
    values: fc.double(),
    oracle: (view) => view.getFloat64(0, little),
    misfits: ["1", undefined, 1n],
  })),
];

describe.each(ACCESSORS)("$name", ({ name, width, values, oracle, misfits }) => {
  const bytes = fc.uint8Array({ minLength: width, maxLength: width });

  it("reads and gets what DataView does", () => {
    fc.assert(
      fc.property(bytes, fc.nat(5), (array, offset) => {
        const slab = new Uint8Array(width + 10).fill(0xa5);
        slab.set(array, offset);
        const expected = oracle(new DataView(array.buffer, array.byteOffset, width));
        const buf = ByteBuf.wrap(slab, offset, width);
        expect(call(buf, `get${name}`, 0)).toBe(expected);
        expect(buf.readerIndex).toBe(0);
        expect(call(buf, `read${name}`)).toBe(expected);
        expect(buf.readerIndex).toBe(width);
      }),
    );
  });

  it("writes and sets what it reads, touching no neighbour", () => {
    fc.assert(
      fc.property(values, fc.nat(5), (value, offset) => {
        const slab = new Uint8Array(width + 10).fill(0xa5);
        const set = ByteBuf.wrap(slab, offset, width);
        expect(call(set, `set${name}`, 0, value)).toBe(set);
        expect(oracle(new DataView(slab.buffer, offset, width))).toBe(value);
        expect(slab.filter((_, i) => i < offset || i >= offset + width).every((byte) => byte === 0xa5)).toBe(true);

        const written = ByteBuf.alloc(width);
        expect(call(written, `write${name}`, value)).toBe(written);
        expect(written.writerIndex).toBe(width);
        expect(written.equals(set)).toBe(true);
      }),
    );
  });

  it("refuses an index that is outside or not whole", () => {
    const buf = ByteBuf.alloc(width + 2);
    const value = /64/.test(name) ? 0n : 0;
    for (const index of [-1, 3, width + 2, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, "0"]) {
      expectCode("INDEX_OUT_OF_RANGE", () => call(buf, `get${name}`, index));
      expectCode("INDEX_OUT_OF_RANGE", () => call(buf, `set${name}`, index, value));
    }
    call(buf, `get${name}`, 2);
    call(buf, `set${name}`, 2, value);
  });

  it("refuses to read past writerIndex or write past capacity, and moves nothing", () => {
    const buf = ByteBuf.alloc(width * 2 - 1);
    call(buf, `write${name}`, /64/.test(name) ? 1n : 1);
    const error = expectCode("INDEX_OUT_OF_RANGE", () => call(buf, `write${name}`, /64/.test(name) ? 1n : 1));
    if (width > 1) expect(error).toMatchObject({ offset: width, length: width, limit: width * 2 - 1 });
    expect([buf.readerIndex, buf.writerIndex]).toEqual([0, width]);
    buf.skipBytes(1);
    expectCode("INDEX_OUT_OF_RANGE", () => call(buf, `read${name}`));
    expect([buf.readerIndex, buf.writerIndex]).toEqual([1, width]);
  });

  it("refuses a value that does not fit, and writes nothing", () => {
    const buf = ByteBuf.alloc(width);
    for (const value of misfits) {
      expectCode("VALUE_OUT_OF_RANGE", () => call(buf, `set${name}`, 0, value));
      expectCode("VALUE_OUT_OF_RANGE", () => call(buf, `write${name}`, value));
    }
    expect(buf.writerIndex).toBe(0);
    expect(buf.hexDump()).toBe("");
    expect(buf.slice(0, width).hexDump()).toBe("00".repeat(width));
  });

  it("grows a growable buffer", () => {
    const buf = ByteBuf.alloc(0, { maxCapacity: width });
    fc.assert(
      fc.property(values, (value) => {
        buf.clear();
        call(buf, `write${name}`, value);
        expect(call(buf, `read${name}`)).toBe(value);
      }),
    );
    expectCode("CAPACITY_EXCEEDED", () => call(buf, `write${name}`, /64/.test(name) ? 1n : 1));
  });
});

function call(buf: ByteBuf, method: string, ...args: unknown[]): unknown {
  return (buf as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
}

function expectCode(code: string, act: () => unknown): SluiceError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code).toBe(code);
    return error as SluiceError;
  }
  throw new Error(`expected ${code}`);
}

function orders(make: (suffix: string, little: boolean) => Accessor): Accessor[] {
  return [make("", false), make("LE", true)];
}

function integers(kind: string, bits: number, signed: boolean): Accessor[] {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = min + 2 ** bits - 1;
  const width = bits / 8;
  const all = orders((suffix, little) => ({
    name: `${kind}${bits}${suffix}`,
    width,
    values: fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0)),
    oracle: (view) => {
      let value = 0;
      for (let i = 0; i < width; i++) value = value * 256 + view.getUint8(little ? width - 1 - i : i);
      return value > max ? value - 2 ** bits : value;
    },
    misfits: [min - 1, max + 1, 2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, null],
  }));
  return bits === 8 ? all.slice(0, 1) : all;
}

function bigints(name: string, min: bigint, max: bigint): Accessor[] {
  return orders((suffix, little) => ({
    name: `${name}${suffix}`,
    width: 8,
    values: fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)),
    oracle: (view) => (min < 0n ? view.getBigInt64(0, little) : view.getBigUint64(0, little)),
    misfits: [min - 1n, max + 1n, 0, 1.5, "1", undefined],
  }));
}
