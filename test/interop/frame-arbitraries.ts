/** Random decoders and encoders, with inputs that come near their limits: well formed, torn off, and garbage. */

import fc from "fast-check";
import type { ByteOrder, LengthFieldLength } from "sluice";
import { type FrameCase, hexOf } from "./frame-case.js";

/** The largest length in Netty. */
const INT_MAX = 2 ** 31 - 1;
const WRONG_LENGTHS = fc.constantFrom(0, 5) as fc.Arbitrary<never>;
/** What fields may hold that is near something's limit. */
const REMARKABLE = [0n, 1n, ...[8n, 16n, 24n, 31n, 32n, 53n, 63n].flatMap((bits) => [(1n << bits) - 1n, 1n << bits])];

/** All seven parameters; frames that fit, frames that are too long, and fields that hold anything. */
export const lengthFieldCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxFrameLength: mostly(fc.integer({ min: 16, max: 64 }), fc.constantFrom(12, 1000, INT_MAX)),
    lengthFieldOffset: fc.nat(6),
    lengthFieldLength: almostAlways(fc.constantFrom<LengthFieldLength[]>(1, 2, 3, 4, 8), WRONG_LENGTHS),
    lengthAdjustment: almostAlways(
      mostly(fc.constantFrom(0, -1, -2, -4, 3), fc.integer({ min: -20, max: 20 })),
      fc.integer(),
    ),
    initialBytesToStrip: fc.oneof(fc.constant(0), fc.nat(14)),
    failFast: fc.boolean(),
    byteOrder: fc.constantFrom<ByteOrder[]>("BE", "LE"),
    segments: fc.array(
      fc.record({
        length: mostly(fc.nat(40), fc.nat(90), fc.integer({ min: 8, max: 14 })),
        value: mostly(fc.constant(undefined), fc.bigInt(0n, 300n), fc.constantFrom(...REMARKABLE)),
      }),
      { maxLength: 8 },
    ),
    missing: fc.oneof(fc.constant(0), fc.nat(8)),
    endsInHeader: mostly(fc.constant(false), fc.constant(true)),
  })
  .map(({ segments, missing, endsInHeader, ...options }) => {
    const { lengthFieldOffset, lengthFieldLength, lengthAdjustment, byteOrder } = options;
    const fieldEnd = lengthFieldOffset + lengthFieldLength;
    const parts = segments.map(({ length, value }, index) => {
      const said = value ?? BigInt(Math.max(0, length - fieldEnd - lengthAdjustment));
      const field = fieldOf(said, lengthFieldLength, byteOrder);
      return filler(lengthFieldOffset, 0xa0 + index) + field + filler(Math.max(0, length - fieldEnd), 0x10 * index);
    });
    if (!endsInHeader) return { kind: "length-field", options, chunks: [withoutEnd(parts.join(""), 2 * missing)] };
    const shortest = fieldOf(BigInt(Math.max(0, 1 - lengthAdjustment)), lengthFieldLength, byteOrder);
    return { kind: "length-field", options, chunks: [parts.join("") + filler(lengthFieldOffset, 0) + shortest] };
  });

/** Now and then with an end that is as long as a line may be, and half of a delimiter. */
export const lineCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxLength: mostly(fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 1000)),
    stripDelimiter: fc.boolean(),
    failFast: fc.boolean(),
    text: textOf(["a", "bc", "\r", "\n", "\r\n", "é", "long line"]),
    isFull: mostly(fc.constant(false), fc.constant(true)),
  })
  .map(({ text, isFull, ...options }) => {
    const end = isFull ? `\n${"x".repeat(options.maxLength)}\r` : "";
    return { kind: "line", options, chunks: [hexOf(text + end)] };
  });

/** Delimiters that overlap, contain each other and come in any order. */
export const delimiterCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxFrameLength: mostly(fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 1000)),
    stripDelimiter: fc.boolean(),
    failFast: fc.boolean(),
    delimiters: mostly(
      fc.uniqueArray(textOf([..."ab$"], { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom<string[][]>(["\r\n", "\n"], ["\n", "\r\n"], ["\r", "\n", "\r\n"], ["\0"], ["$$"], [], ["a", ""]),
    ),
    text: textOf([..."aab$$\r\n\0", "x", "\r\n", "ab$"]),
  })
  .map(({ text, ...options }) => ({ kind: "delimiter", options, chunks: [hexOf(text)] }));

export const fixedLengthCases: fc.Arbitrary<FrameCase> = fc
  .record({ frameLength: fc.integer({ min: -1, max: 9 }), size: fc.nat(40) })
  .map(({ frameLength, size }) => ({ kind: "fixed-length", options: { frameLength }, chunks: [filler(size, 0)] }));

/** Lengths in their shortest form and in longer ones, and bytes that are no length. */
export const varintCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxFrameLength: mostly(fc.integer({ min: 1, max: 200 }), fc.constant(INT_MAX)),
    segments: fc.array(
      mostly(
        fc
          .record({ length: mostly(fc.nat(20), fc.nat(300)), more: fc.nat(2) })
          .map(({ length, more }) => varint(length, more) + filler(length, 0x30)),
        fc.constantFrom("ffffffff07", "8080808008", "ffffffff0f", "8080808010", "808080807f", "8080808080", "00"),
        fc.uint8Array({ maxLength: 8 }).map(hexOfBytes),
      ),
      { maxLength: 6 },
    ),
    missing: mostly(fc.constant(0), fc.nat(10)),
  })
  .map(({ maxFrameLength, segments, missing }) => {
    return { kind: "varint", options: { maxFrameLength }, chunks: [withoutEnd(segments.join(""), 2 * missing)] };
  });

/** Objects and arrays in a row, possibly cut off; structure without sense; things that are neither. */
export const jsonCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxObjectLength: mostly(fc.constant(1000), fc.integer({ min: 1, max: 40 })),
    text: mostly(jsonTexts(), textOf(["{", "}", "[", "]", '"', "\\", ",", " ", "1", "a"])),
  })
  .map(({ text, ...options }) => ({ kind: "json", options, chunks: [hexOf(text)] }));

/** JSON, possibly cut off. */
export const jsonElementCases: fc.Arbitrary<FrameCase> = fc
  .record({
    maxObjectLength: mostly(fc.constant(1000), fc.integer({ min: 1, max: 40 })),
    streamArrayElements: fc.constant(true),
    text: jsonTexts(),
  })
  .map(({ text, ...options }) => ({ kind: "json", options, chunks: [hexOf(text)] }));

/** Sums of body and adjustment around the largest that fit a field. */
export const lengthFieldPrependerCases: fc.Arbitrary<FrameCase> = fc
  .record({
    lengthFieldLength: almostAlways(fc.constantFrom<LengthFieldLength[]>(1, 2, 3, 4, 8), WRONG_LENGTHS),
    byteOrder: fc.constantFrom<ByteOrder[]>("BE", "LE"),
    lengthIncludesLengthFieldLength: fc.boolean(),
    size: mostly(fc.nat(20), fc.nat(1500)),
    sum: fc.oneof(fc.constant(undefined), fc.constantFrom(0, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 31)),
    near: fc.integer({ min: -3, max: 3 }),
  })
  .map(({ size, sum, near, ...options }) => {
    const lengthAdjustment = Math.min((sum ?? size) - size + near, INT_MAX);
    return { kind: "length-field-prepender", options: { ...options, lengthAdjustment }, chunks: [filler(size, 0)] };
  });

export const varintPrependerCases: fc.Arbitrary<FrameCase> = mostly(
  fc.nat(300),
  fc.integer({ min: 0, max: 17_000 }),
).map((size) => ({ kind: "varint-prepender", options: {}, chunks: [filler(size, 0)] }));

/** The first more often than the others together. */
function mostly<T>(usual: fc.Arbitrary<T>, ...unusual: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  const others = unusual.map((arbitrary) => ({ arbitrary, weight: 2 }));
  return fc.oneof({ arbitrary: usual, weight: 5 * unusual.length + 3 }, ...others);
}

function almostAlways<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 30 }, { arbitrary: other, weight: 1 });
}

function textOf(parts: readonly string[], size: fc.ArrayConstraints = { maxLength: 30 }): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...parts), size).map((chosen) => chosen.join(""));
}

function jsonTexts(): fc.Arbitrary<string> {
  const value = fc.jsonValue({ maxDepth: 2 });
  const collection = fc.oneof(fc.array(value, { maxLength: 4 }), fc.dictionary(fc.string(), value, { maxKeys: 4 }));
  const text = fc.tuple(collection, fc.nat(2)).map(([content, indent]) => JSON.stringify(content, undefined, indent));
  return fc
    .record({
      texts: fc.array(text, { maxLength: 4 }),
      between: fc.constantFrom("", " ", "\r\n", "\t \n"),
      missing: fc.oneof(fc.constant(0), fc.nat(12)),
    })
    .map(({ texts, between, missing }) => withoutEnd(texts.map((one) => one + between).join(""), missing));
}

function withoutEnd(text: string, units: number): string {
  return text.slice(0, Math.max(0, text.length - units));
}

function fieldOf(value: bigint, length: number, order: ByteOrder): string {
  const digits = BigInt.asUintN(8 * length, value).toString(16);
  const bytes = length === 0 ? [] : (digits.padStart(2 * length, "0").match(/../g) ?? []);
  return (order === "BE" ? bytes : bytes.reverse()).join("");
}

/** @param more Bytes it has more than it needs. */
function varint(value: number, more: number): string {
  const groups: number[] = [];
  for (let rest = value; groups.length === 0 || rest > 0; rest >>>= 7) groups.push(rest & 0x7f);
  for (let i = 0; i < more; i++) groups.push(0);
  return hexOfBytes(Uint8Array.from(groups, (group, i) => (i < groups.length - 1 ? group | 0x80 : group)));
}

/** Bytes counting up. */
function filler(size: number, first: number): string {
  return hexOfBytes(Uint8Array.from({ length: size }, (_, i) => first + i));
}

function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
