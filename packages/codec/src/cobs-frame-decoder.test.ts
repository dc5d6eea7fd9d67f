import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, cutEvery, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { CobsFrameDecoder } from "./cobs-frame-decoder.js";
import { CobsFrameEncoder } from "./cobs-frame-encoder.js";

const SIZES = [1, 2, 5, 1000];

const framesOf = (hex: string, size = 1000, maxFrameLength = 1000) =>
  traceOf(new CobsFrameDecoder({ maxFrameLength }), cutEvery(ByteBuf.fromHex(hex).toUint8Array(), size));

const encoded = (...messages: ByteBuf[]) => {
  const channel = new EmbeddedChannel(new CobsFrameEncoder());
  channel.writeOutbound(...messages);
  return ByteBuf.concat(channel.outboundMessages as ByteBuf[]);
};

/** `from` … `to` as hex, with carry from ff to 00. */
const run = (from: number, to: number) =>
  ByteBuf.from(Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i)).hexDump();

const EXAMPLES = [
  ["", "0100"],
  ["00", "010100"],
  ["0000", "01010100"],
  ["001100", "0102110100"],
  ["11220033", "0311220233" + "00"],
  ["11223344", "051122334400"],
  ["11000000", "021101010100"],
  [run(1, 254), `ff${run(1, 254)}00`],
  [run(0, 254), `01ff${run(1, 254)}00`],
  [run(1, 255), `ff${run(1, 254)}02ff00`],
  [`${run(2, 255)}00`, `ff${run(2, 255)}010100`],
  [`${run(3, 255)}0001`, `fe${run(3, 255)}020100`],
] as const;

describe("CobsFrameDecoder", () => {
  it.each(EXAMPLES)("reads %s", (plain, stuffed) => {
    for (const size of SIZES) expect(framesOf(stuffed.repeat(2), size)).toEqual([plain, plain]);
  });

  it("takes a full last block with and without an empty one behind it", () => {
    expect(framesOf(`ff${run(1, 254)}0100`)).toEqual([run(1, 254)]);
  });

  it.each(SIZES)("sees nothing between two ends, in chunks of %i", (size) => {
    expect(framesOf("000002aa000000010000", size)).toEqual(["aa", ""]);
  });

  it.each(SIZES)("drops a frame that breaks the rules and goes on, in chunks of %i", (size) => {
    expect(framesOf("02aa00 03bb00 02cc00 02ddff00 02ee00", size)).toEqual([
      "aa",
      "FRAME_MALFORMED offset=3 length=2 hex=03bb",
      "cc",
      "FRAME_MALFORMED offset=9 length=3 hex=02ddff",
      "ee",
    ]);
  });

  it.each(SIZES)("skips a frame that is too long and goes on, in chunks of %i", (size) => {
    const tooLong = (offset: number, hex: string) => `FRAME_TOO_LONG offset=${offset} limit=3 hex=${hex}`;
    expect(framesOf("04aabbcc00 05aabbccdd00 010101010100 ffffffffffffffff00 02ee00", size, 3)).toEqual([
      "aabbcc",
      tooLong(5, "05aabbccdd"),
      tooLong(11, "0101010101"),
      tooLong(17, "ffffffffff"),
      "ee",
    ]);
  });

  it("lets a frame of just the limit pass, whatever it took on the wire", () => {
    expect(framesOf(`ff${run(1, 254)}ff${run(1, 254)}0100`, 1000, 508)).toEqual([run(1, 254).repeat(2)]);
    expect(framesOf(`ff${run(1, 254)}02ff00`, 1000, 254)).toEqual([
      `FRAME_TOO_LONG offset=0 limit=254 hex=ff${run(1, 15)}`,
    ]);
  });

  it("reports what is left at the end of the stream", () => {
    expect(framesOf("02aa00 02")).toEqual(["aa", "FRAME_TRUNCATED offset=3 length=1 hex=02"]);
    expect(framesOf("0203040506070809", 1000, 2)).toEqual(["FRAME_TOO_LONG offset=0 limit=2 hex=02030405"]);
  });

  it("looks for the end once, in chunks of one byte", () => {
    const decoder = new CobsFrameDecoder();
    const channel = new EmbeddedChannel(decoder);
    const length = 100_000;
    const sent = encoded(ByteBuf.from(new Uint8Array(length).fill(7)));
    for (const byte of sent.asUint8Array()) channel.pipeline.fireChannelRead(ByteBuf.from(Uint8Array.of(byte)));
    expect(channel.readInbound().readableBytes).toBe(length);
    expect(decoder.bytesScanned).toBe(sent.readableBytes);
    expect(decoder.bytesCopied).toBeLessThan(3 * length);
  });

  it("makes a frame of a single block a slice of what arrived", () => {
    const channel = new EmbeddedChannel(new CobsFrameDecoder());
    const chunk = Uint8Array.of(3, 1, 2, 0);
    channel.writeInbound(ByteBuf.from(chunk));
    expect(channel.readInbound().array).toBe(chunk);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new CobsFrameDecoder({ maxFrameLength: 0 })).toThrow(SluiceError);
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const garbage = fc
      .array(fc.constantFrom(0, 0, 1, 2, 3, 4, 255), { maxLength: 80 })
      .map((all) => Uint8Array.from(all));
    const wellFormed = fc
      .array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 })
      .map((bodies) => encoded(...bodies.map((body) => ByteBuf.from(body))).toUint8Array());
    fc.assert(
      fc.property(
        fc.oneof(garbage, wellFormed),
        fc.array(fc.nat(150), { maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (bytes, cuts, maxFrameLength) => {
          const whole = traceOf(new CobsFrameDecoder({ maxFrameLength }), [bytes]);
          expect(traceOf(new CobsFrameDecoder({ maxFrameLength }), cutAt(bytes, cuts))).toEqual(whole);
          expect(traceOf(new CobsFrameDecoder({ maxFrameLength }), cutEvery(bytes, 1))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});

describe("CobsFrameEncoder", () => {
  it.each(EXAMPLES)("writes %s", (plain, stuffed) => {
    expect(encoded(ByteBuf.fromHex(plain)).hexDump()).toBe(stuffed);
  });

  it("passes other messages", () => {
    const channel = new EmbeddedChannel(new CobsFrameEncoder());
    channel.writeOutbound("text");
    expect(channel.readOutbound()).toBe("text");
  });

  it("writes what the decoder reads, with a zero at the end alone", () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.constantFrom(0, 1), { minLength: 250, maxLength: 260 }).map((all) => Uint8Array.from(all)),
      fc.tuple(fc.integer({ min: 250, max: 520 }), fc.nat(520)).map(([length, zero]) => {
        const bytes = new Uint8Array(length).fill(9);
        if (zero < length) bytes[zero] = 0;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 4 }), fc.array(fc.nat(2000), { maxLength: 10 }), (bodies, cuts) => {
        const sent = bodies.map((bytes) => encoded(ByteBuf.from(bytes)).toUint8Array());
        for (const frame of sent) expect(frame.indexOf(0)).toBe(frame.length - 1);
        const all = ByteBuf.concat(sent.map((frame) => ByteBuf.from(frame))).toUint8Array();
        const expected = bodies.map((bytes) => ByteBuf.from(bytes).hexDump());
        expect(traceOf(new CobsFrameDecoder({ maxFrameLength: 520 }), cutAt(all, cuts))).toEqual(expected);
      }),
      MANY_RUNS,
    );
  });
});
