/** Decoders of messages. A framer cuts the stream for them: one byte of length, and as many bytes. */

import fc from "fast-check";
import {
  Base64Decoder,
  type Base64Dialect,
  type ByteBuf,
  type ChannelHandler,
  type ChannelHandlerContext,
  DatagramPacket,
  DatagramPacketDecoder,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  MessageAggregator,
  type MessageSink,
  MessageToMessageDecoder,
  SluiceError,
  StringDecoder,
} from "sluice";
import { decoderRow, type Given, joined, utf8 } from "./decoder-row.js";

const framer = () => new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1, initialBytesToStrip: 1 });
const mayHold = () => 255;

function framed(content: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(content.length), content]);
}

type Encoding = "utf8" | "utf16le" | "latin1" | "ascii";
const words = fc.array(fc.constantFrom("a", "\ufeff", "é", "€", "😀"), { maxLength: 6 });
/** Leads of two, three and four bytes, bytes that follow them, surrogates in either order of bytes, and what is none. */
const PIECES_OF_TEXT = Uint8Array.of(
  0x41,
  0xc3,
  0xe2,
  0xf0,
  0x80,
  0x9f,
  0xa9,
  0xbf,
  0xd8,
  0xdc,
  0xed,
  0xf4,
  0xff,
  2,
  3,
  4,
);

export const base64 = decoderRow({
  name: "Base64Decoder",
  options: fc.record({ dialect: fc.constantFrom<Base64Dialect[]>("standard", "url") }),
  make: (options) => [framer(), new Base64Decoder(options)],
  mayHold,
  piece: fc.array(fc.constantFrom(0, 0xfb, 0xff), { maxLength: 8 }),
  part: ({ dialect }, content) => ({
    bytes: framed(utf8(Buffer.from(content).toString(dialect === "url" ? "base64url" : "base64"))),
    gives: [{ message: Uint8Array.from(content) }],
  }),
  alphabet: utf8("AQ==+/-_ \n\u0001\u0002\u0003\u0004"),
});

export const strings = decoderRow({
  name: "StringDecoder",
  options: fc.record({
    encoding: fc.constantFrom<Encoding[]>("utf8", "utf16le", "latin1", "ascii"),
    strict: fc.boolean(),
    framed: fc.constant(true),
  }),
  make: (options) => [framer(), new StringDecoder(options)],
  mayHold,
  piece: words,
  part: ({ encoding }, chosen) => {
    const most = encoding === "ascii" ? 0x7f : encoding === "latin1" ? 0xff : 0x10ffff;
    const text = chosen.filter((one) => (one.codePointAt(0) as number) <= most).join("");
    return { bytes: framed(Buffer.from(text, encoding)), gives: [{ message: text }] };
  },
  alphabet: PIECES_OF_TEXT,
});

/** How much text comes when depends on the cut; all of it together must not. */
export const textInPieces = decoderRow({
  name: "StringDecoder: one text in pieces",
  options: fc.record({ encoding: fc.constantFrom<Encoding[]>("utf8", "utf16le"), framed: fc.constant(false) }),
  make: (options) => [new StringDecoder(options), new Joining()],
  mayHold: () => 3,
  piece: words,
  part: ({ encoding }, chosen) => ({ bytes: Buffer.from(chosen.join(""), encoding), gives: [] }),
  atEnd: (_options, pieces) => [{ message: pieces.flat().join("") }],
  alphabet: PIECES_OF_TEXT,
});

const recipient = { host: "127.0.0.1", port: 9 };

export const datagrams = decoderRow({
  name: "DatagramPacketDecoder",
  options: fc.record({ strict: fc.boolean() }),
  make: ({ strict }) => [framer(), intoPacket, new DatagramPacketDecoder(new StringDecoder({ framed: true, strict }))],
  mayHold,
  piece: words,
  part: (_options, chosen) => ({
    bytes: framed(utf8(chosen.join(""))),
    gives: [{ message: { content: chosen.join(""), recipient } }],
  }),
  alphabet: PIECES_OF_TEXT,
});

export const jsonValues = decoderRow({
  name: "JsonCodec",
  options: fc.constant({}),
  make: () => [framer(), new JsonCodec()],
  mayHold,
  piece: fc.constantFrom("1", '"é"', "[{}]", "null", "{", "", "\ufeff{}"),
  part: (_options, text) => {
    const isJson = !["{", "", "\ufeff{}"].includes(text);
    return { bytes: framed(utf8(text)), gives: [isJson ? { message: JSON.parse(text) } : { error: "INVALID_JSON" }] };
  },
  alphabet: utf8('{}[]1",\u0001\u0002\u0003'),
});

/** Frames that begin with `h` open a message, `c` carries content, `l` the last of it. */
export const aggregator = decoderRow({
  name: "MessageAggregator",
  options: fc.record({ maxContentLength: fc.nat(12) }),
  make: (options) => [framer(), new Letters(options)],
  mayHold,
  piece: fc.array(fc.nat(5), { maxLength: 4 }),
  part: ({ maxContentLength }, lengths) => {
    const contents = lengths.map((length, at) => utf8(String(at).repeat(length)));
    const tooLong = contents.reduce((sum, { length }) => sum + length, 0) > maxContentLength;
    const parts = ["h", ...contents.map((content) => `c${Buffer.from(content)}`), "l"];
    return {
      bytes: joined(parts.map((part) => framed(utf8(part)))),
      gives: [tooLong ? { error: "FRAME_TOO_LONG" } : { message: joined(contents) }],
    };
  },
  alphabet: utf8("hccl\u0001\u0002\u0003x"),
});

/** A frame gives as many messages as it has bytes; `!` is refused, and `?` breaks the decoder's neck. */
export const messages = decoderRow({
  name: "MessageToMessageDecoder",
  options: fc.constant({}),
  make: () => [framer(), new Bytes()],
  mayHold,
  piece: fc.array(fc.constantFrom("a", "b", "!", "?"), { maxLength: 4 }),
  part: (_options, letters) => {
    const wrong = letters.findIndex((letter) => letter === "!" || letter === "?");
    const good = letters.slice(0, wrong < 0 ? letters.length : wrong);
    const gives: Given[] = good.map((letter) => ({ message: letter.charCodeAt(0) }));
    if (wrong >= 0) gives.push({ error: letters[wrong] === "!" ? "FRAME_MALFORMED" : "DECODE_FAILED" });
    return { bytes: framed(utf8(letters.join(""))), gives };
  },
  alphabet: utf8("ab!?\u0001\u0002\u0003"),
});

/** Puts strings together until the stream ends. */
class Joining implements ChannelHandler {
  #text = "";

  channelRead(_ctx: ChannelHandlerContext, text: string): void {
    this.#text += text;
  }

  channelInactive(ctx: ChannelHandlerContext): void {
    ctx.fireChannelRead(this.#text);
    ctx.fireChannelInactive();
  }
}

const intoPacket: ChannelHandler = {
  sharable: true,
  channelRead: (ctx, content: ByteBuf) => ctx.fireChannelRead(new DatagramPacket({ content, recipient })),
};

class Letters extends MessageAggregator<ByteBuf, ByteBuf, ByteBuf, ByteBuf> {
  protected isStartMessage(part: ByteBuf): part is ByteBuf {
    return beginsWith(part, "h");
  }

  protected isContentMessage(part: ByteBuf): part is ByteBuf {
    return beginsWith(part, "c") || beginsWith(part, "l");
  }

  protected isLastContentMessage(part: ByteBuf): boolean {
    return beginsWith(part, "l");
  }

  protected contentOf(part: ByteBuf): ByteBuf {
    return part.slice(part.readerIndex + 1);
  }

  protected aggregate(_head: ByteBuf, content: ByteBuf): ByteBuf {
    return content;
  }
}

class Bytes extends MessageToMessageDecoder<ByteBuf, number> {
  protected override decode(_ctx: ChannelHandlerContext<number>, frame: ByteBuf, out: MessageSink<number>): void {
    while (frame.isReadable()) {
      const byte = frame.readUint8();
      if (byte === 0x21) throw new SluiceError("FRAME_MALFORMED", "!");
      if (byte === 0x3f) throw new TypeError("?");
      out.push(byte);
    }
  }
}

function beginsWith(part: ByteBuf, letter: string): boolean {
  return part.isReadable() && part.getUint8(part.readerIndex) === letter.charCodeAt(0);
}
