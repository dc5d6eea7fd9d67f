/** What decoders say about where they stand: deadlines for frames depend on it. */
import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import type { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import {
  CloseDelimitedFrameDecoder,
  CobsFrameDecoder,
  DelimiterBasedFrameDecoder,
  FixedLengthFrameDecoder,
  JsonObjectDecoder,
  LengthFieldBasedFrameDecoder,
  LineBasedFrameDecoder,
  ProtobufVarint32FrameDecoder,
  SlipFrameDecoder,
} from "./index.js";

/** After each byte of the stream: `|` between frames, `m` in the middle of one. */
const TABLE: [name: string, decoder: () => ByteToMessageDecoder<unknown>, stream: string, where: string][] = [
  ["length field", () => new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1 }), "\x02ab\x00\x01", "mm||m"],
  [
    "length field, a frame too long",
    () => new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1, maxFrameLength: 3 }),
    "\x04abcd\x00",
    "mmmm||",
  ],
  ["varint", () => new ProtobufVarint32FrameDecoder(), "\x02ab\x00\x80", "mm||m"],
  ["varint, too long", () => new ProtobufVarint32FrameDecoder({ maxFrameLength: 1 }), "\x02ab\x00", "mm||"],
  ["lines", () => new LineBasedFrameDecoder(), "ab\nc", "mm|m"],
  ["lines, too long", () => new LineBasedFrameDecoder({ maxLength: 1 }), "abc\nd\n", "mmm|m|"],
  ["delimiters", () => new DelimiterBasedFrameDecoder({ delimiters: [ByteBuf.from("$$")] }), "a$$$", "mm|m"],
  ["fixed length", () => new FixedLengthFrameDecoder({ frameLength: 3 }), "abcdef", "mm|mm|"],
  ["JSON", () => new JsonObjectDecoder(), ' {"a":1}\n {}', "|mmmmmm|||m|"],
  ["JSON, too long", () => new JsonObjectDecoder({ maxObjectLength: 3 }), '{"a":1} {}', "mmmmmm||m|"],
  ["SLIP", () => new SlipFrameDecoder(), "\xc0ab\xc0", "|mm|"],
  ["SLIP, too long", () => new SlipFrameDecoder({ maxFrameLength: 1 }), "abcde\xc0", "mmmmm|"],
  ["COBS", () => new CobsFrameDecoder(), "\x02a\x00\x01", "mm|m"],
  ["to the end", () => new CloseDelimitedFrameDecoder({ maxFrameLength: 2 }), "abcd", "mmmm"],
];

describe("isMidFrame", () => {
  it.each(TABLE)("tells where the stream stands: %s", (_name, makeDecoder, stream, where) => {
    const decoder = makeDecoder();
    const channel = new EmbeddedChannel(decoder, { exceptionCaught: () => {} });
    expect(decoder.isMidFrame).toBe(false);
    const seen = Array.from(stream, (character) => {
      channel.writeInbound(ByteBuf.from(Uint8Array.of(character.charCodeAt(0))));
      return decoder.isMidFrame ? "m" : "|";
    });
    expect(seen.join("")).toBe(where);
  });
});

describe("unreadBytes", () => {
  it("counts what is kept of a torn frame", () => {
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1 });
    const channel = new EmbeddedChannel(decoder);
    const counts = ["\x01a\x09", "bcd", "efghij"].map((text) => {
      channel.writeInbound(ByteBuf.from(text));
      return decoder.unreadBytes;
    });
    expect(counts).toEqual([1, 4, 0]);
  });
});
