import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, traceOf } from "../test/decoder-trace.js";
import { FixedLengthFrameDecoder } from "./fixed-length-frame-decoder.js";
import { FixedLengthFrameEncoder } from "./fixed-length-frame-encoder.js";

describe("FixedLengthFrameEncoder", () => {
  it("fills up what is too short and passes what fits", () => {
    const channel = new EmbeddedChannel(new FixedLengthFrameEncoder({ frameLength: 5 }));
    const whole = ByteBuf.from("CDEFG");
    channel.writeOutbound(ByteBuf.from("AB"), whole, ByteBuf.EMPTY, "text");
    expect(channel.outboundMessages.map(String)).toEqual(["AB   ", "CDEFG", "     ", "text"]);
    expect(channel.outboundMessages[1]).toBe(whole);
  });

  it("leaves free room behind a message alone", () => {
    const channel = new EmbeddedChannel(new FixedLengthFrameEncoder({ frameLength: 4, padding: 0xff }));
    const message = ByteBuf.alloc(8).writeBytes(Uint8Array.of(1, 2));
    const kept = message.duplicate();
    channel.writeOutbound(message);
    expect(channel.readOutbound().hexDump()).toBe("0102ffff");
    expect(kept.getUint8(2)).toBe(0);
  });

  it("refuses what is too long, and goes on", () => {
    const channel = new EmbeddedChannel(new FixedLengthFrameEncoder({ frameLength: 2 }));
    expect(() => channel.writeOutbound(ByteBuf.from("abc"))).toThrow(
      expect.objectContaining({ code: "ENCODE_FAILED", length: 3, limit: 2 }),
    );
    channel.writeOutbound(ByteBuf.from("ab"));
    expect(channel.outboundMessages.map(String)).toEqual(["ab"]);
  });

  it("refuses options that can never work", () => {
    for (const frameLength of [0, -1, 1.5]) {
      expect(() => new FixedLengthFrameEncoder({ frameLength })).toThrow(SluiceError);
    }
    for (const padding of [-1, 256, 0.5]) {
      expect(() => new FixedLengthFrameEncoder({ frameLength: 1, padding })).toThrow(SluiceError);
    }
  });

  it("writes what the decoder reads, padding aside", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.nat(255),
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }),
        fc.array(fc.nat(160), { maxLength: 20 }),
        (frameLength, padding, bodies, cuts) => {
          const messages = bodies.map((body) => body.subarray(0, frameLength));
          const channel = new EmbeddedChannel(new FixedLengthFrameEncoder({ frameLength, padding }));
          channel.writeOutbound(...messages.map((body) => ByteBuf.from(body)));
          const sent = ByteBuf.concat(channel.outboundMessages as ByteBuf[]).toUint8Array();
          const decoder = new FixedLengthFrameDecoder({ frameLength, stripPadding: padding });
          const expected = messages.map((body) => ByteBuf.from(body.slice(0, contentLength(body, padding))).hexDump());
          expect(traceOf(decoder, cutAt(sent, cuts))).toEqual(expected);
        },
      ),
    );
  });
});

function contentLength(body: Uint8Array, padding: number): number {
  return body.findLastIndex((byte) => byte !== padding) + 1;
}
