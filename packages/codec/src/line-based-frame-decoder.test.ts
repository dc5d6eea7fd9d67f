import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, hexOf, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { LineBasedFrameDecoder, type LineBasedFrameDecoderOptions } from "./line-based-frame-decoder.js";

const linesOf = (options: LineBasedFrameDecoderOptions, text: string, size = text.length) =>
  traceOf(new LineBasedFrameDecoder(options), cutEvery(bytesOf(text), size)).map((line) =>
    /^([0-9a-f]{2})*$/.test(line) ? ByteBuf.fromHex(line).toString() : line,
  );

describe("LineBasedFrameDecoder", () => {
  it("takes \\n and \\r\\n for the end of a line, and a \\r elsewhere for content", () => {
    expect(linesOf({}, "one\r\n\ntwo\rthree\n\r\r\n")).toEqual(["one", "", "two\rthree", "\r"]);
  });

  it("keeps the end of the line when told to", () => {
    expect(linesOf({ stripDelimiter: false }, "one\r\ntwo\n")).toEqual(["one\r\n", "two\n"]);
  });

  it.each([1, 9, 100])("does not count a pending \\r towards the limit, in chunks of %i", (size) => {
    expect(linesOf({ maxLength: 8 }, "12345678\r\nab\n", size)).toEqual(["12345678", "ab"]);
    expect(linesOf({ maxLength: 8 }, "12345678\r\rx\nab\n", size)).toEqual([
      `FRAME_TOO_LONG offset=0 limit=8 hex=${hexOf("12345678\r")}`,
      "ab",
    ]);
  });

  it("reports each line that is too long once and goes on in the same chunk", () => {
    expect(linesOf({ maxLength: 4 }, "abc\nabcdefgh\nxy\nabcde\nz\n")).toEqual([
      "abc",
      `FRAME_TOO_LONG offset=4 limit=4 hex=${hexOf("abcde")}`,
      "xy",
      `FRAME_TOO_LONG offset=16 limit=4 hex=${hexOf("abcde")}`,
      "z",
    ]);
  });

  it("reports at the end of the line, or at once with failFast", () => {
    const whenTold = (failFast: boolean) => {
      const channel = new EmbeddedChannel(new LineBasedFrameDecoder({ maxLength: 4, failFast }));
      return ["abcde", "fgh", "\n"].findIndex((chunk) => {
        try {
          channel.writeInbound(ByteBuf.from(chunk));
          return false;
        } catch {
          return true;
        }
      });
    };
    expect([whenTold(false), whenTold(true)]).toEqual([2, 0]);
  });

  it.each([true, false])("reports a line that is too long and never ends, failFast %s", (failFast) => {
    expect(linesOf({ maxLength: 4, failFast }, "abcdefgh", 3)).toEqual([
      `FRAME_TOO_LONG offset=0 limit=4 hex=${hexOf("abcde")}`,
    ]);
  });

  it("reports what is left at the end of the stream", () => {
    expect(linesOf({}, "a\nbc\r")).toEqual(["a", `FRAME_TRUNCATED offset=2 length=3 hex=${hexOf("bc\r")}`]);
  });

  it.each([1, 2, 100])("with strict takes a lone \\n for corruption, in chunks of %i", (size) => {
    expect(linesOf({ strict: true }, "a\r\nb\rc\nd\r\n", size)).toEqual(["a", "FRAME_CORRUPTED offset=6 hex=0a"]);
    for (const failFast of [true, false]) {
      expect(linesOf({ strict: true, maxLength: 2, failFast }, "abcd\ne\r\n", size)).toEqual([
        `FRAME_TOO_LONG offset=0 limit=2 hex=${hexOf("abc")}`,
        "FRAME_CORRUPTED offset=4 hex=0a",
      ]);
    }
  });

  it("looks at each byte once and copies it a constant number of times, in chunks of one byte", () => {
    const decoder = new LineBasedFrameDecoder();
    const channel = new EmbeddedChannel(decoder);
    const length = 2 ** 20;
    for (let i = 0; i < length; i++) channel.pipeline.fireChannelRead(ByteBuf.from(Uint8Array.of(0x61)));
    channel.writeInbound(ByteBuf.from("\nrest\n"));
    expect(channel.readInbound().readableBytes).toBe(length);
    expect(channel.readInbound().toString()).toBe("rest");
    expect(decoder.bytesScanned).toBe(length + 6);
    expect(decoder.bytesCopied).toBeLessThan(3 * length);
  });

  it("copies only what belongs to a torn line", () => {
    const decoder = new LineBasedFrameDecoder();
    const channel = new EmbeddedChannel(decoder);
    const line = `${"x".repeat(63)}\n`;
    channel.writeInbound(ByteBuf.from(line.slice(0, 30)));
    channel.writeInbound(ByteBuf.from(line.slice(30) + line.repeat(1000)));
    expect(channel.inboundMessages).toHaveLength(1001);
    expect(decoder.bytesCopied).toBeLessThan(200);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new LineBasedFrameDecoder({ maxLength: 0 })).toThrow(SluiceError);
  });

  it("gives the same lines and errors however the stream is cut", () => {
    const alphabet = fc.constantFrom(0x61, 0x62, 0x0d, 0x0a);
    fc.assert(
      fc.property(
        fc.array(alphabet, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        fc.record({
          maxLength: fc.integer({ min: 1, max: 10 }),
          stripDelimiter: fc.boolean(),
          failFast: fc.boolean(),
          strict: fc.boolean(),
        }),
        (bytes, cuts, options) => {
          const whole = traceOf(new LineBasedFrameDecoder(options), [Uint8Array.from(bytes)]);
          const torn = traceOf(new LineBasedFrameDecoder(options), cutAt(Uint8Array.from(bytes), cuts));
          const failedLate = traceOf(new LineBasedFrameDecoder({ ...options, failFast: !options.failFast }), [
            Uint8Array.from(bytes),
          ]);
          expect(torn).toEqual(whole);
          expect(failedLate).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});
