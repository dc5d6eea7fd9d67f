import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, cutEvery, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { SlipFrameDecoder } from "./slip-frame-decoder.js";
import { SlipFrameEncoder, type SlipFrameEncoderOptions } from "./slip-frame-encoder.js";

const SIZES = [1, 2, 5, 1000];

const framesOf = (hex: string, size = 1000, maxFrameLength = 1000) =>
  traceOf(new SlipFrameDecoder({ maxFrameLength }), cutEvery(ByteBuf.fromHex(hex).toUint8Array(), size));

const encoded = (options: SlipFrameEncoderOptions, ...messages: ByteBuf[]) => {
  const channel = new EmbeddedChannel(new SlipFrameEncoder(options));
  channel.writeOutbound(...messages);
  return ByteBuf.concat(channel.outboundMessages as ByteBuf[]);
};

describe("SlipFrameDecoder", () => {
  it.each(SIZES)("reads frames with END at one or both ends, in chunks of %i", (size) => {
    expect(framesOf("c00102c0 c003c0 04c0c0c0 05c0", size)).toEqual(["0102", "03", "04", "05"]);
  });

  it.each(SIZES)("puts back what was replaced, in chunks of %i", (size) => {
    expect(framesOf("01dbdc02dbddc0 dbdcc0 dbdddcdddbdddcc0", size)).toEqual(["01c002db", "c0", "dbdcdddbdc"]);
  });

  it.each(SIZES)("drops a frame that breaks the rules and goes on, in chunks of %i", (size) => {
    expect(framesOf("01c0 02db03c0 04c0 05dbc0 06c0 dbdbdcc0 07c0", size)).toEqual([
      "01",
      "FRAME_MALFORMED offset=2 length=3 hex=02db03",
      "04",
      "FRAME_MALFORMED offset=8 length=2 hex=05db",
      "06",
      "FRAME_MALFORMED offset=13 length=3 hex=dbdbdc",
      "07",
    ]);
  });

  it.each(SIZES)("skips a frame that is too long and goes on, in chunks of %i", (size) => {
    expect(framesOf("0102c0 010203c0 dbdcdbdcc0 dbdcdbdc01c0 06c0", size, 2)).toEqual([
      "0102",
      "FRAME_TOO_LONG offset=3 limit=2 hex=010203",
      "c0c0",
      "FRAME_TOO_LONG offset=12 limit=2 hex=dbdcdbdc01",
      "06",
    ]);
  });

  it("reports what is left at the end of the stream", () => {
    expect(framesOf("c001c002")).toEqual(["01", "FRAME_TRUNCATED offset=3 length=1 hex=02"]);
    expect(framesOf("c001c0")).toEqual(["01"]);
  });

  it("makes a frame without replacements a slice of what arrived", () => {
    const channel = new EmbeddedChannel(new SlipFrameDecoder());
    const chunk = Uint8Array.of(1, 2, 0xc0);
    channel.writeInbound(ByteBuf.from(chunk));
    expect(channel.readInbound().array).toBe(chunk);
  });

  it("looks for the end once, in chunks of one byte", () => {
    const decoder = new SlipFrameDecoder();
    const channel = new EmbeddedChannel(decoder);
    const sent = encoded({}, ByteBuf.from(new Uint8Array(50_000).fill(0xc0)));
    for (const byte of sent.asUint8Array()) channel.pipeline.fireChannelRead(ByteBuf.from(Uint8Array.of(byte)));
    expect(channel.readInbound().readableBytes).toBe(50_000);
    expect(decoder.bytesScanned).toBe(sent.readableBytes);
    expect(decoder.bytesCopied).toBeLessThan(3 * sent.readableBytes);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new SlipFrameDecoder({ maxFrameLength: 0 })).toThrow(SluiceError);
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const letters = fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 1);
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 80 }),
        fc.array(fc.nat(80), { maxLength: 20 }),
        fc.integer({ min: 1, max: 10 }),
        (letterList, cuts, maxFrameLength) => {
          const bytes = Uint8Array.from(letterList);
          const whole = traceOf(new SlipFrameDecoder({ maxFrameLength }), [bytes]);
          expect(traceOf(new SlipFrameDecoder({ maxFrameLength }), cutAt(bytes, cuts))).toEqual(whole);
          expect(traceOf(new SlipFrameDecoder({ maxFrameLength }), cutEvery(bytes, 1))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});

describe("SlipFrameEncoder", () => {
  it("writes END at both ends, or behind the frame only", () => {
    expect(encoded({}, ByteBuf.fromHex("0102")).hexDump()).toBe("c00102c0");
    expect(encoded({ leadingEnd: false }, ByteBuf.fromHex("0102")).hexDump()).toBe("0102c0");
  });

  it("replaces what may not occur", () => {
    expect(encoded({}, ByteBuf.fromHex("c0dbdcdd")).hexDump()).toBe("c0dbdcdbdddcddc0");
  });

  it("refuses an empty frame and passes other messages", () => {
    const channel = new EmbeddedChannel(new SlipFrameEncoder());
    expect(() => channel.writeOutbound(ByteBuf.EMPTY)).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
    channel.writeOutbound("text");
    expect(channel.readOutbound()).toBe("text");
  });

  it("writes what the decoder reads", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xdb));
    const body = fc.array(byte, { minLength: 1, maxLength: 40 }).map((all) => Uint8Array.from(all));
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 5 }),
        fc.array(fc.nat(300), { maxLength: 10 }),
        fc.boolean(),
        (bodies, cuts, leadingEnd) => {
          const sent = encoded({ leadingEnd }, ...bodies.map((bytes) => ByteBuf.from(bytes))).toUint8Array();
          const expected = bodies.map((bytes) => ByteBuf.from(bytes).hexDump());
          expect(traceOf(new SlipFrameDecoder({ maxFrameLength: 40 }), cutAt(sent, cuts))).toEqual(expected);
        },
      ),
      MANY_RUNS,
    );
  });
});
