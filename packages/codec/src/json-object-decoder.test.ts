import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, hexOf, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { JsonObjectDecoder, type JsonObjectDecoderOptions } from "./json-object-decoder.js";

const SIZES = [1, 2, 3, 7, 1000];

/** The frames as text, the errors as they are. */
const framesOf = (text: string, options: JsonObjectDecoderOptions = {}, size = 1000) =>
  traceOf(new JsonObjectDecoder(options), cutEvery(bytesOf(text), size)).map((line) =>
    /^[0-9a-f]*$/.test(line) ? ByteBuf.fromHex(line).toString() : line,
  );

describe("JsonObjectDecoder", () => {
  it.each(SIZES)("cuts objects and arrays where they end, in chunks of %i", (size) => {
    const values = ['{ "a" : [{},{"b":[]}] }', "[1, [2], 3]", "{}", "[]", '{"k":1}'];
    expect(framesOf(`  \n${values[0]}${values[1]} \t${values[2]}\r\n${values[3]}${values[4]}\n`, {}, size)).toEqual(
      values,
    );
  });

  it.each(SIZES)("does not look for ends in strings, in chunks of %i", (size) => {
    const values = [
      String.raw`{"[]{}}\"}}'}":"}"}`,
      String.raw`["\\","\\\"]","\\\\"]`,
      String.raw`{"\u007d":"é}"}`,
      '["{","[["]',
    ];
    expect(framesOf(values.join(""), {}, size)).toEqual(values);
    expect(framesOf(values.join(" "), { streamArrayElements: true }, size)).toEqual([
      values[0],
      String.raw`"\\"`,
      String.raw`"\\\"]"`,
      String.raw`"\\\\"`,
      values[2],
      '"{"',
      '"[["',
    ]);
  });

  it.each(SIZES)("counts the length of each object by itself, in chunks of %i", (size) => {
    // Netty looks at what the buffer holds and refuses the second of these when they come in one chunk.
    expect(framesOf('{"a":1}{"b":2}  {"c":3}', { maxObjectLength: 7 }, size)).toEqual([
      '{"a":1}',
      '{"b":2}',
      '{"c":3}',
    ]);
  });

  it.each(SIZES)("skips an object that is too long and goes on with the next, in chunks of %i", (size) => {
    expect(framesOf('{"a":1}{"b":"}{["}[]{"c":3}', { maxObjectLength: 7 }, size)).toEqual([
      '{"a":1}',
      `FRAME_TOO_LONG offset=7 limit=7 hex=${hexOf('{"b":"}{')}`,
      "[]",
      '{"c":3}',
    ]);
  });

  it.each(SIZES)("takes everything else at the top level for corruption, in chunks of %i", (size) => {
    expect(framesOf("  b [1,2,3]", {}, size)).toEqual(["FRAME_CORRUPTED offset=2 hex=62"]);
    expect(framesOf('[1,2,3]  a{"k":10}', {}, size)).toEqual(["[1,2,3]", "FRAME_CORRUPTED offset=9 hex=61"]);
    for (const text of ["]", "}", '"a"', "1", "null", ",", "\ufeff{}"]) {
      expect(framesOf(text, {}, size)[0]).toMatch(/^FRAME_CORRUPTED offset=0/);
    }
  });

  it("leaves what is wrong inside an object to the parser", () => {
    expect(framesOf('{"a":[1}]{]{"b":2}')).toEqual(['{"a":[1}]', "{]", '{"b":2}']);
  });

  it("reports what is left at the end of the stream", () => {
    expect(framesOf('{} {"a"')).toEqual(["{}", `FRAME_TRUNCATED offset=3 length=4 hex=${hexOf('{"a"')}`]);
    expect(framesOf("{}   ")).toEqual(["{}"]);
    expect(framesOf('{"abcdef', { maxObjectLength: 3 })).toHaveLength(1);
  });

  describe("with streamArrayElements", () => {
    const stream = (text: string, size = 1000, maxObjectLength = 100) =>
      framesOf(text, { streamArrayElements: true, maxObjectLength }, size);

    it.each(SIZES)("delivers the elements of outer arrays, in chunks of %i", (size) => {
      const array = '[  12, "bla"  , 13.4   \t  ,{"k" : [1,2], "l" : {}} , true,null, ["bla", {}, [1]] ]{"a":1} [-1]';
      expect(stream(array, size)).toEqual([
        "12",
        '"bla"',
        "13.4",
        '{"k" : [1,2], "l" : {}}',
        "true",
        "null",
        '["bla", {}, [1]]',
        '{"a":1}',
        "-1",
      ]);
    });

    it("delivers nothing for an empty array", () => {
      expect(stream("[][ ] [[]]")).toEqual(["[]"]);
    });

    it("delivers an element as soon as it has ended", () => {
      const channel = new EmbeddedChannel(new JsonObjectDecoder({ streamArrayElements: true }));
      expect(
        ['[{"a":1', "}", "\n", ',"b"', ",12", "3", " ", ",[4]"].map(
          (text) => channel.writeInbound(bytes(text)) && `${channel.readInbound()}`,
        ),
      ).toEqual([false, '{"a":1}', false, '"b"', false, false, "123", "[4]"]);
    });

    it.each(SIZES)("limits each element, and skips those that are too long, in chunks of %i", (size) => {
      expect(stream('[1234,"12",12345,"123",{"a":"]"},  [1]  ,[1,2,]]{}', size, 4)).toEqual([
        "1234",
        '"12"',
        `FRAME_TOO_LONG offset=11 limit=4 hex=${hexOf("12345")}`,
        `FRAME_TOO_LONG offset=17 limit=4 hex=${hexOf('"123"')}`,
        `FRAME_TOO_LONG offset=23 limit=4 hex=${hexOf('{"a":')}`,
        "[1]",
        `FRAME_TOO_LONG offset=41 limit=4 hex=${hexOf("[1,2,")}`,
        "{}",
      ]);
    });

    it.each(SIZES)("keeps the boundary when what ends a skipped number is all there is, in chunks of %i", (size) => {
      for (const end of ["]{}", " ]{}", ",2]{}", "]  {}"]) {
        expect(stream(`[12345${end}`, size, 4).slice(1)).toEqual(end.startsWith(",") ? ["2", "{}"] : ["{}"]);
      }
    });

    it.each([
      ["[,1]", [], 1],
      ["[1,,2]", ["1"], 3],
      ["[1,]", ["1"], 3],
      ["[1 2]", ["1"], 3],
      ['[1"2"]', ["1"], 2],
      ["[{}{}]", ["{}"], 3],
      ["[1}", ["1"], 2],
      ["[}", [], 1],
      ["1", [], 0],
    ])("takes %s for corruption", (text, elements, offset) => {
      for (const size of SIZES) {
        const trace = stream(text, size);
        expect(trace.slice(0, -1)).toEqual(elements);
        expect(trace.at(-1)).toMatch(new RegExp(`^FRAME_CORRUPTED offset=${offset} `));
      }
    });

    it("reports an array that has no end", () => {
      expect(stream("[1,[2],")).toEqual(["1", "[2]", "FRAME_TRUNCATED offset=7 length=0 hex="]);
      expect(stream("[1,[2]")).toEqual(["1", "[2]", "FRAME_TRUNCATED offset=6 length=0 hex="]);
      expect(stream("[12")).toEqual([`FRAME_TRUNCATED offset=1 length=2 hex=${hexOf("12")}`]);
    });
  });

  it("looks at each byte once, in chunks of one byte", () => {
    const decoder = new JsonObjectDecoder();
    const channel = new EmbeddedChannel(decoder);
    const text = `{"a":"${"x".repeat(100_000)}"}`;
    for (const byte of bytesOf(text)) channel.pipeline.fireChannelRead(ByteBuf.from(Uint8Array.of(byte)));
    expect(channel.inboundMessages.map(String)).toEqual([text]);
    expect(decoder.bytesScanned).toBe(text.length);
    expect(decoder.bytesCopied).toBeLessThan(3 * text.length);
  });

  it("does not keep white space, nor what is too long", () => {
    const decoder = new JsonObjectDecoder({ maxObjectLength: 10, streamArrayElements: true });
    const channel = new EmbeddedChannel(decoder, { exceptionCaught: () => {} });
    channel.writeInbound(bytes("["));
    for (let i = 0; i < 1000; i++) channel.writeInbound(bytes("   "));
    channel.writeInbound(bytes('"'));
    for (let i = 0; i < 1000; i++) channel.writeInbound(bytes("xxx"));
    expect(decoder.bytesCopied).toBeLessThan(100);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new JsonObjectDecoder({ maxObjectLength: 0 })).toThrow(SluiceError);
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const garbage = fc.array(fc.constantFrom(...'{}[]",: \\a1\n'), { maxLength: 60 }).map((all) => all.join(""));
    const wellFormed = fc
      .array(fc.tuple(fc.oneof(fc.object(), fc.array(fc.jsonValue())), fc.constantFrom("", " ", "\n")), {
        maxLength: 4,
      })
      .map((all) => all.map(([value, space]) => JSON.stringify(value, undefined, space) + space).join(""));
    fc.assert(
      fc.property(
        fc.oneof(garbage, wellFormed),
        fc.array(fc.nat(200), { maxLength: 20 }),
        fc.record({ maxObjectLength: fc.integer({ min: 1, max: 60 }), streamArrayElements: fc.boolean() }),
        (text, cuts, options) => {
          const input = bytesOf(text);
          const whole = traceOf(new JsonObjectDecoder(options), [input]);
          expect(traceOf(new JsonObjectDecoder(options), cutAt(input, cuts))).toEqual(whole);
          expect(traceOf(new JsonObjectDecoder(options), cutEvery(input, 1))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });

  it("gives back what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), { maxLength: 5 }),
        fc.boolean(),
        fc.constantFrom(undefined, "\t"),
        (values, streamArrayElements, space) => {
          const text = values.map((value) => JSON.stringify(value, undefined, space)).join("");
          const expected = streamArrayElements ? values.flat(1) : values;
          const frames = framesOf(text, { streamArrayElements });
          expect(frames.map((frame) => JSON.parse(frame))).toEqual(JSON.parse(JSON.stringify(expected)));
        },
      ),
    );
  });
});

function bytes(text: string): ByteBuf {
  return ByteBuf.from(text);
}
