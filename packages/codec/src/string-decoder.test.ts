import { ByteBuf, SluiceError } from "@sluice/buffer";
import { ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, cutEvery, describe as describeError } from "../test/decoder-trace.js";
import { LineBasedFrameDecoder } from "./line-based-frame-decoder.js";
import { StringDecoder, type StringDecoderOptions } from "./string-decoder.js";

function stringsOf(options: StringDecoderOptions, ...chunks: (Uint8Array | ByteBuf)[]): unknown[] {
  const log: unknown[] = [];
  const channel = new EmbeddedChannel(new StringDecoder(options), {
    channelRead: (_ctx, message) => log.push(message),
    exceptionCaught: (_ctx, error) => log.push(describeError(error)),
  });
  for (const chunk of chunks) channel.writeInbound(chunk instanceof ByteBuf ? chunk : ByteBuf.from(chunk));
  channel.finish();
  return log;
}

const hex = (text: string) => ByteBuf.fromHex(text);

describe("StringDecoder", () => {
  it("makes a string of each buffer", () => {
    expect(stringsOf({}, ByteBuf.from("one"), ByteBuf.EMPTY, ByteBuf.from("zwölf"))).toEqual(["one", "", "zwölf"]);
    expect(stringsOf({ encoding: "latin1" }, hex("e4ff"))).toEqual(["äÿ"]);
    expect(stringsOf({ encoding: "ascii" }, hex("61e4"))).toEqual(["a\ufffd"]);
  });

  it("puts a character together that was torn", () => {
    const text = "aé€😀z";
    expect(stringsOf({}, ...cutEvery(ByteBuf.from(text).toUint8Array(), 1))).toEqual(["a", "é", "€", "😀", "z"]);
    const utf16 = ByteBuf.fromString(text, { encoding: "utf16le" }).toUint8Array();
    expect(stringsOf({ encoding: "utf16le" }, ...cutEvery(utf16, 1))).toEqual(["a", "é", "€", "😀", "z"]);
  });

  it("reports a character that never gets complete", () => {
    expect(stringsOf({}, hex("61e282"))).toEqual(["a", "INVALID_TEXT length=2 hex=e282"]);
    const channel = new EmbeddedChannel(new StringDecoder());
    channel.writeInbound(hex("c3"));
    channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    expect(() => channel.checkException()).toThrow(SluiceError);
  });

  it("hands on the beginning of a character when it is taken out", () => {
    const decoder = new StringDecoder();
    const log: unknown[] = [];
    const channel = new EmbeddedChannel(decoder, {
      channelRead: (_ctx, message) => log.push(message instanceof ByteBuf ? message.hexDump() : message),
      channelReadComplete: () => log.push("complete"),
    });
    channel.writeInbound(hex("61e282"));
    channel.pipeline.remove(decoder);
    channel.writeInbound(hex("ac"));
    expect(log).toEqual(["a", "complete", "e282", "complete", "ac", "complete"]);
  });

  it("behind a frame decoder keeps invalid text in its own frame", () => {
    const channel = new EmbeddedChannel(new LineBasedFrameDecoder(), new StringDecoder());
    channel.writeInbound(hex("68c30a"), hex("a9210a"));
    expect(channel.inboundMessages).toEqual(["h\ufffd", "\ufffd!"]);
  });

  it("with framed keeps invalid text in its own frame", () => {
    expect(stringsOf({ framed: true }, hex("68c3"), hex("a921"))).toEqual(["h\ufffd", "\ufffd!"]);
  });

  it("with strict reports invalid text", () => {
    const strict = { framed: true, strict: true } as const;
    expect(stringsOf(strict, hex("68c3"), hex("61"))).toEqual(["INVALID_TEXT length=2 hex=68c3", "a"]);
    expect(stringsOf({ ...strict, encoding: "ascii" }, hex("80"), hex("61"))).toEqual([
      "INVALID_TEXT length=1 hex=80",
      "a",
    ]);
    expect(stringsOf({ ...strict, encoding: "utf16le" }, hex("00d8"))).toEqual(["INVALID_TEXT length=2 hex=00d8"]);
    expect(stringsOf({ ...strict, encoding: "latin1" }, hex("80"))).toEqual(["\x80"]);
    expect(() => new StringDecoder({ strict: true, framed: false })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("passes on what is not bytes", () => {
    const channel = new EmbeddedChannel(new StringDecoder());
    channel.writeInbound(7);
    expect(channel.readInbound()).toBe(7);
  });

  it("delivers empty lines behind a frame decoder", () => {
    const channel = new EmbeddedChannel(new LineBasedFrameDecoder(), new StringDecoder());
    channel.writeInbound(ByteBuf.from("a\n\nb\n"));
    expect(channel.inboundMessages).toEqual(["a", "", "b"]);
  });

  it("gives the same text, valid or not, however the stream is cut", () => {
    const pieces = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5 }).map((text) => [...ByteBuf.from(text).toUint8Array()]),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes]),
    );
    fc.assert(
      fc.property(
        fc.array(pieces),
        fc.array(fc.nat(60)),
        fc.constantFrom("utf8", "utf16le", "latin1", "ascii"),
        (parts, cuts, encoding) => {
          const bytes = Uint8Array.from(parts.flat());
          const textOf = (chunks: Uint8Array[]) => stringsOf({ encoding }, ...chunks).join("");
          expect(textOf(cutAt(bytes, cuts))).toBe(textOf([bytes]));
          expect(textOf(cutEvery(bytes, 1))).toBe(textOf([bytes]));
        },
      ),
    );
  });
});
