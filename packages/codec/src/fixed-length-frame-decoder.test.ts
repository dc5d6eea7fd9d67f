import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, hexOf, traceOf } from "../test/decoder-trace.js";
import { FixedLengthFrameDecoder } from "./fixed-length-frame-decoder.js";

describe("FixedLengthFrameDecoder", () => {
  it("cuts frames of one length", () => {
    const channel = new EmbeddedChannel(new FixedLengthFrameDecoder({ frameLength: 3 }));
    channel.writeInbound(...["A", "BC", "DEFG", "HI"].map((text) => ByteBuf.from(text)));
    expect(channel.inboundMessages.map(String)).toEqual(["ABC", "DEF", "GHI"]);
  });

  it("reports what is left at the end of the stream", () => {
    const chunks = [ByteBuf.from("ABCDE").toUint8Array()];
    expect(traceOf(new FixedLengthFrameDecoder({ frameLength: 3 }), chunks)).toEqual([
      hexOf("ABC"),
      `FRAME_TRUNCATED offset=3 length=2 hex=${hexOf("DE")}`,
    ]);
  });

  it("copies a torn frame once and no other", () => {
    const decoder = new FixedLengthFrameDecoder({ frameLength: 1000 });
    const channel = new EmbeddedChannel(decoder);
    channel.writeInbound(ByteBuf.from(new Uint8Array(2300)));
    channel.writeInbound(ByteBuf.from(new Uint8Array(5700)));
    expect(channel.inboundMessages).toHaveLength(8);
    expect(decoder.bytesCopied).toBe(1000);
  });

  it("takes the padding off", () => {
    const text = "AB  ABCD    A B  B\0\0";
    const decode = (stripPadding?: number) =>
      traceOf(
        new FixedLengthFrameDecoder({ frameLength: 4, ...(stripPadding === undefined ? {} : { stripPadding }) }),
        cutAt(ByteBuf.from(text).toUint8Array(), [3, 11]),
      );
    expect(decode(0x20)).toEqual(["AB", "ABCD", "", "A B", " B\0\0"].map(hexOf));
    expect(decode(0)).toEqual(["AB  ", "ABCD", "    ", "A B ", " B"].map(hexOf));
  });

  it("refuses a padding that is not a byte", () => {
    for (const stripPadding of [-1, 256, 1.5, Number.NaN]) {
      expect(() => new FixedLengthFrameDecoder({ frameLength: 4, stripPadding })).toThrow(SluiceError);
    }
  });

  it("refuses a length that can never work", () => {
    for (const frameLength of [0, -1, 1.5, Number.NaN]) {
      expect(() => new FixedLengthFrameDecoder({ frameLength })).toThrow(SluiceError);
    }
  });

  it("gives the same frames however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(200), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        (bytes, cuts, frameLength) => {
          const whole = traceOf(new FixedLengthFrameDecoder({ frameLength }), [bytes]);
          expect(traceOf(new FixedLengthFrameDecoder({ frameLength }), cutAt(bytes, cuts))).toEqual(whole);
        },
      ),
    );
  });
});
