/** Decoders that look for the end of a frame. */

import fc from "fast-check";
import { DelimiterBasedFrameDecoder, JsonObjectDecoder, LineBasedFrameDecoder } from "sluice";
import { decoderRow, type Given, utf8 } from "./decoder-row.js";

export const line = decoderRow({
  name: "LineBasedFrameDecoder",
  options: fc.record({
    maxLength: fc.integer({ min: 1, max: 24 }),
    stripDelimiter: fc.boolean(),
    failFast: fc.boolean(),
    strict: fc.boolean(),
    closeOnFatalError: fc.boolean(),
  }),
  make: (options) => [new LineBasedFrameDecoder(options)],
  // A carriage return counts only when the next byte has come.
  mayHold: ({ maxLength }) => maxLength + 1,
  piece: fc.record({
    words: fc.array(fc.constantFrom("a", "bcd", "é", "\r", "\r\rx", "far too long")),
    lf: fc.boolean(),
  }),
  part: ({ maxLength, stripDelimiter, strict }, { words, lf }) => {
    const text = words.join("");
    const content = text.endsWith("\r") ? `${text}z` : text;
    const whole = content + (lf && !strict ? "\n" : "\r\n");
    return { bytes: utf8(whole), gives: [frame(utf8(content), utf8(stripDelimiter ? content : whole), maxLength)] };
  },
  alphabet: utf8("\r\n\r\nab"),
});

/** Delimiters overlap, contain each other and come in any order; contents have none of their bytes. */
export const delimiter = decoderRow({
  name: "DelimiterBasedFrameDecoder",
  options: fc.record({
    maxFrameLength: fc.integer({ min: 1, max: 16 }),
    delimiters: fc.oneof(
      fc.array(textOf("ab$", { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom<string[][]>(["\r\n", "\n"], ["\n", "\r\n", "\r"], ["\0"], ["$$", "$"], ["ab", "abab"]),
    ),
    stripDelimiter: fc.boolean(),
    failFast: fc.boolean(),
  }),
  make: (options) => [new DelimiterBasedFrameDecoder(options)],
  mayHold: ({ maxFrameLength, delimiters }) => maxFrameLength + longest(delimiters) - 1,
  // Where one delimiter is the beginning of another, what was read to see that it ends is read again.
  mayLook: ({ delimiters }) => longest(delimiters),
  piece: fc.record({ content: textOf("xyz", { minLength: 1, maxLength: 20 }), which: fc.nat(4) }),
  part: ({ maxFrameLength, delimiters, stripDelimiter }, { content, which }) => {
    const whole = content + delimiters[which % delimiters.length];
    return {
      bytes: utf8(whole),
      gives: [frame(utf8(content), utf8(stripDelimiter ? content : whole), maxFrameLength)],
    };
  },
  alphabet: utf8("aabb$$\r\n\0x"),
});

export const json = decoderRow({
  name: "JsonObjectDecoder",
  options: fc.record({
    maxObjectLength: fc.integer({ min: 1, max: 40 }),
    streamArrayElements: fc.boolean(),
    closeOnFatalError: fc.boolean(),
  }),
  make: (options) => [new JsonObjectDecoder(options)],
  mayHold: ({ maxObjectLength }) => maxObjectLength,
  piece: fc.record({
    values: fc.array(
      fc.constantFrom("{}", '{"a":[1,{}]}', '"}]"', '"\\"{"', '"\\\\"', "[]", "[[2]]", '["é"]', "true", "-1.5e+300"),
      { maxLength: 5 },
    ),
    space: fc.constantFrom("", " ", "\r\n\t"),
    isObject: fc.boolean(),
  }),
  part: ({ maxObjectLength, streamArrayElements }, { values, space, isObject }) => {
    const members = isObject ? values.map((value, i) => `"${i}"${space}:${value}`) : values;
    const inside = space + members.join(`${space},${space}`) + space;
    const text = isObject ? `{${inside}}` : `[${inside}]`;
    const frames = streamArrayElements && !isObject ? values : [text];
    return {
      bytes: utf8(space + text + space),
      gives: frames.map((one) => frame(utf8(one), utf8(one), maxObjectLength)),
    };
  },
  alphabet: utf8('{}[]{}[]"",\\ 1a'),
});

function longest(delimiters: readonly string[]): number {
  return Math.max(...delimiters.map((one) => one.length));
}

function frame(counted: Uint8Array, message: Uint8Array, limit: number): Given {
  return counted.length > limit ? { error: "FRAME_TOO_LONG" } : { message };
}

function textOf(characters: string, size: fc.ArrayConstraints): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), size).map((chosen) => chosen.join(""));
}
