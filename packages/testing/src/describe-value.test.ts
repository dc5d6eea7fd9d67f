import { isDeepStrictEqual } from "node:util";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeValue } from "./describe-value.js";

class Request {
  readonly id = 1;
}

class Hidden {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

describe("describeValue", () => {
  it.each<[text: string, value: unknown]>([
    ['bytes "one\\r\\n"', ByteBuf.from("one\r\n")],
    ["bytes 00 0c ff", Uint8Array.of(0, 12, 255)],
    ['bytes "buffer"', Buffer.from("buffer")],
    ['bytes ""', ByteBuf.EMPTY],
    ["ArrayBuffer bytes 01", Uint8Array.of(1).buffer],
    ["DataView bytes 02", new DataView(Uint8Array.of(1, 2).buffer, 1)],
    ["Float64Array [0.5, -0]", Float64Array.of(0.5, -0)],
    ['"one\\n"', "one\n"],
    ["-0", -0],
    ["10n", 10n],
    ["NaN", Number.NaN],
    ["undefined", undefined],
    ["null", null],
    ["Symbol(s)", Symbol("s")],
    ["function describeValue", describeValue],
    ['[1, [bytes "a"], {}]', [1, [ByteBuf.from("a")], {}]],
    ['{ a: { "c-d": "e" }, b: 1, [Symbol(s)]: 2 }', { b: 1, a: { "c-d": "e" }, [Symbol("s")]: 2 }],
    ["{ a: 1 }", Object.assign(Object.create(null), { a: 1 })],
    ["Request { id: 1 }", new Request()],
    ["Hidden shown", new Hidden("shown")],
    ['Map { "a" => 1 }', new Map([["a", 1]])],
    ['Set { 1, "1" }', new Set([1, "1"])],
    ["Date 1970-01-01T00:00:00.000Z", new Date(0)],
    ["Date invalid", new Date(Number.NaN)],
    ["RegExp /a/g", /a/g],
    ['TypeError "no" {}', new TypeError("no")],
  ])("gives %s", (text, value) => {
    expect(describeValue(value)).toBe(text);
  });

  it("stops at circles", () => {
    const circle: { self?: unknown; list: unknown[] } = { list: [] };
    circle.self = circle;
    circle.list.push(circle.list, circle);
    expect(describeValue(circle)).toBe("{ list: [circular 1, circular 2], self: circular 1 }");
  });

  it("shows the fields of an error", () => {
    expect(describeValue(new SluiceError("FRAME_TOO_LONG", "long", { limit: 3 }))).toContain('code: "FRAME_TOO_LONG"');
  });

  it("gives two values the same text exactly when they are deeply equal", () => {
    const value = fc.anything({ withBigInt: true, withDate: true, maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(describeValue(a) === describeValue(b)).toBe(isDeepStrictEqual(a, b));
      }),
    );
    fc.assert(
      fc.property(fc.clone(value, 2), ([a, b]) => {
        expect(describeValue(a)).toBe(describeValue(b));
      }),
    );
  });
});
