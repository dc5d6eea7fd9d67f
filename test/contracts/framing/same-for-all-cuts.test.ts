/** The contract itself: it has to notice what it forbids. */

import fc from "fast-check";
import { type ByteBuf, type ChannelHandler, type ChannelHandlerContext, SluiceError } from "sluice";
import { describe, expect, it } from "vitest";
import { decoderRow, utf8 } from "./decoder-row.js";
import { sameForAllCuts } from "./same-for-all-cuts.js";

function check(handler: ChannelHandler, text = "one\ntwo\n"): string[] {
  const row = decoderRow({
    name: "Broken",
    options: fc.constant({}),
    make: () => [handler],
    mayHold: () => 0,
    piece: fc.constant(text),
    part: () => ({ bytes: utf8(text), gives: [] }),
    alphabet: utf8("\n"),
  });
  return sameForAllCuts(row, { options: {}, bytes: utf8(text) }, "peer", 1);
}

const reading = (channelRead: (ctx: ChannelHandlerContext, chunk: ByteBuf) => void): ChannelHandler => ({
  sharable: true,
  channelRead,
});

describe("the contract of framing", () => {
  it("shows the smallest cut of a decoder that takes chunks for frames", () => {
    expect(() => check(reading((ctx, chunk) => ctx.fireChannelRead(chunk)))).toThrow(/the cut 6f \| 6e650a74776f0a,/);
  });

  it("notices errors that tell another place", () => {
    const handler = reading((ctx, chunk) => {
      const at = chunk.indexOf(0x21);
      if (at >= 0) ctx.fireExceptionCaught(new SluiceError("FRAME_MALFORMED", "!", { offset: at - chunk.readerIndex }));
    });
    expect(() => check(handler, "ab!")).toThrow(/the cut 61 \| 6221,/);
  });

  it.each([
    [
      "an error without a code",
      /not a SluiceError/,
      () => {
        throw new TypeError("?");
      },
    ],
    [
      "a write to the chunk",
      /memory of a chunk was written to/,
      (_ctx: unknown, chunk: ByteBuf) => chunk.setUint8(chunk.readerIndex, 1),
    ],
  ] as const)("refuses %s", (_what, message, channelRead) => {
    expect(() => check(reading(channelRead))).toThrow(message);
  });

  it("refuses what comes behind the end", () => {
    const late: ChannelHandler = {
      sharable: true,
      channelInactive: (ctx) => {
        ctx.fireChannelInactive();
        ctx.fireChannelRead("late");
      },
    };
    expect(() => check(late, "")).toThrow(/behind channelInactive: "late"/);
  });

  it("lets pass what keeps to it", () => {
    const bytes = reading((ctx, chunk) => {
      while (chunk.isReadable()) ctx.fireChannelRead(chunk.readUint8());
    });
    expect(check(bytes, "ab")).toEqual(["97", "98", "-- end of stream --"]);
  });
});
