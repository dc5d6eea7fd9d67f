import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, hexOf, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { DelimiterBasedFrameDecoder, type DelimiterBasedFrameDecoderOptions } from "./delimiter-based-frame-decoder.js";

const framesOf = (options: DelimiterBasedFrameDecoderOptions, text: string, size = text.length) =>
  traceOf(new DelimiterBasedFrameDecoder(options), cutEvery(bytesOf(text), size)).map((line) =>
    /^([0-9a-f]{2})*$/.test(line) ? ByteBuf.fromHex(line).toString() : line,
  );

describe("DelimiterBasedFrameDecoder", () => {
  it("cuts at any of several delimiters", () => {
    expect(framesOf({ delimiters: ["\r\n", "\n"] }, "ABC\nDEF\r\n\n")).toEqual(["ABC", "DEF", ""]);
    expect(framesOf({ delimiters: [Uint8Array.of(0), ByteBuf.from(";")] }, "a;b\0c;")).toEqual(["a", "b", "c"]);
    expect(framesOf({ delimiters: ["--end--"] }, "a--end--b-----end--")).toEqual(["a", "b---"]);
  });

  it("keeps the delimiter when told to", () => {
    expect(framesOf({ delimiters: ["$$"], stripDelimiter: false }, "a$$b$$")).toEqual(["a$$", "b$$"]);
  });

  it.each([1, 2, 3, 100])("takes the longest of those that begin earliest, in chunks of %i", (size) => {
    expect(framesOf({ delimiters: ["ab", "abc"] }, "xabcyab", size)).toEqual(["x", "y"]);
    expect(framesOf({ delimiters: ["abc", "bcd"] }, "xabcd", size)).toEqual([
      "x",
      "FRAME_TRUNCATED offset=4 length=1 hex=64",
    ]);
    expect(framesOf({ delimiters: ["abcd", "bc"] }, "xabcexabcd", size)).toEqual(["xa", "ex"]);
  });

  it("lets a torn \\r\\n be one delimiter, not an empty frame more", () => {
    const delimiters = ["\r", "\r\n", "\n"];
    expect(framesOf({ delimiters }, "a\r\nb\r\r\nc\n", 1)).toEqual(["a", "b", "", "c"]);
    // At the end of the stream the \r is decided.
    expect(framesOf({ delimiters }, "a\r", 1)).toEqual(["a"]);
  });

  it("does not count a torn delimiter as content", () => {
    const options = { delimiters: ["$$"], maxFrameLength: 4 };
    for (const size of [1, 5, 100]) expect(framesOf(options, "aaaa$$bb$$", size)).toEqual(["aaaa", "bb"]);
  });

  it("goes on behind a frame that is too long, in the same chunk", () => {
    const options = { delimiters: ["$$"], maxFrameLength: 4 };
    for (const failFast of [true, false]) {
      expect(framesOf({ ...options, failFast }, "aaaaaa$$bb$$")).toEqual([
        `FRAME_TOO_LONG offset=0 limit=4 hex=${hexOf("aaaaa")}`,
        "bb",
      ]);
    }
  });

  it("reports a frame that is too long at once, or at its end", () => {
    const reports = [true, false].map((failFast) => {
      const channel = new EmbeddedChannel(
        new DelimiterBasedFrameDecoder({ delimiters: ["$"], maxFrameLength: 4, failFast }),
      );
      return ["aaaaa", "aaa", "$"].map((chunk) => {
        try {
          return channel.writeInbound(ByteBuf.from(chunk)) || "nothing";
        } catch (error) {
          return (error as SluiceError).code;
        }
      });
    });
    expect(reports).toEqual([
      ["FRAME_TOO_LONG", "nothing", "nothing"],
      ["nothing", "nothing", "FRAME_TOO_LONG"],
    ]);
  });

  it("reports what is left at the end of the stream", () => {
    expect(framesOf({ delimiters: ["$$"] }, "a$$bc$")).toEqual(["a", "FRAME_TRUNCATED offset=3 length=3 hex=626324"]);
  });

  it("looks at each byte once, however many delimiters there are", () => {
    const delimiters = Array.from({ length: 64 }, (_, i) => `${String.fromCharCode(0x40 + i)}!${i}`);
    const decoder = new DelimiterBasedFrameDecoder({ delimiters, maxFrameLength: 2 ** 20 });
    const channel = new EmbeddedChannel(decoder);
    const bytes = new Uint8Array(2 ** 18).fill(0x20);
    for (const chunk of cutEvery(bytes, 61)) channel.writeInbound(ByteBuf.from(chunk));
    channel.writeInbound(ByteBuf.from("A!1"));
    expect(channel.readInbound().readableBytes).toBe(2 ** 18);
    expect(decoder.bytesScanned).toBe(2 ** 18 + 3);
  });

  it("looks at each byte once when a delimiter nearly matches all the time", () => {
    const decoder = new DelimiterBasedFrameDecoder({ delimiters: [`${"a".repeat(100)}b`] });
    const channel = new EmbeddedChannel(decoder);
    for (let i = 0; i < 5000; i++) channel.writeInbound(ByteBuf.from("a"));
    expect(decoder.bytesScanned).toBe(5000);
  });

  it("refuses options that can never work", () => {
    for (const options of [
      { delimiters: [] },
      { delimiters: [""] },
      { delimiters: ["\n"], maxFrameLength: 0 },
      { delimiters: ["a".repeat(20_000)] },
    ]) {
      expect(() => new DelimiterBasedFrameDecoder(options)).toThrow(SluiceError);
    }
  });

  it("does what the definition says, however the stream is cut", () => {
    const alphabet = fc.constantFrom(0x61, 0x62, 0x0d, 0x0a);
    const sequence = (maxLength: number, minLength = 0) =>
      fc.array(alphabet, { minLength, maxLength }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(
        fc.array(sequence(4, 1), { minLength: 1, maxLength: 4 }),
        sequence(60),
        fc.array(fc.nat(60), { maxLength: 20 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.boolean(),
        (delimiters, bytes, cuts, maxFrameLength, stripDelimiter, failFast) => {
          const options = { delimiters, maxFrameLength, stripDelimiter, failFast };
          const trace = traceOf(new DelimiterBasedFrameDecoder(options), cutAt(bytes, cuts));
          expect(trace).toEqual(definition(options, bytes));
        },
      ),
      MANY_RUNS,
    );
  });
});

/** Frames and errors of a stream that is there as a whole, by looking for every delimiter at every place. */
function definition(
  options: { delimiters: Uint8Array[]; maxFrameLength: number; stripDelimiter: boolean },
  bytes: Uint8Array,
): string[] {
  const { delimiters, maxFrameLength: limit, stripDelimiter } = options;
  const longestFirst = [...delimiters].sort((a, b) => b.length - a.length);
  const hex = (from: number, to: number) => ByteBuf.from(bytes.slice(from, to)).hexDump();
  const lines: string[] = [];
  let start = 0;
  const tooLong = () =>
    lines.push(`FRAME_TOO_LONG offset=${start} limit=${limit} hex=${hex(start, start + limit + 1)}`);
  for (let at = 0; at < bytes.length; ) {
    const delimiter = longestFirst.find((one) => one.every((byte, i) => bytes[at + i] === byte));
    if (delimiter === undefined) {
      at++;
      continue;
    }
    const end = at + delimiter.length;
    if (at - start > limit) tooLong();
    else lines.push(hex(start, stripDelimiter ? at : end));
    start = at = end;
  }
  const left = bytes.length - start;
  let torn = 0;
  for (let n = 1; n <= left; n++) {
    const tail = bytes.slice(bytes.length - n);
    if (delimiters.some((one) => one.length > n && tail.every((byte, i) => one[i] === byte))) torn = n;
  }
  if (left - torn > limit) tooLong();
  else if (left > 0) {
    lines.push(`FRAME_TRUNCATED offset=${start} length=${left} hex=${hex(start, start + Math.min(left, 16))}`);
  }
  return lines;
}
