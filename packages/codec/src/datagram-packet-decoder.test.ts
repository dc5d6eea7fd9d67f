import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, DatagramPacket } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { Base64Encoder } from "./base64-encoder.js";
import { DatagramPacketDecoder } from "./datagram-packet-decoder.js";
import { DatagramPacketEncoder, type PacketContentEncoder } from "./datagram-packet-encoder.js";
import { JsonCodec } from "./json-codec.js";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";
import { MessageToMessageEncoder } from "./message-to-message-encoder.js";
import { StringDecoder } from "./string-decoder.js";
import { StringEncoder } from "./string-encoder.js";

const sender = { host: "10.0.0.1", port: 5000 };
const recipient = { host: "10.0.0.2", port: 53 };

const packetOf = <T>(content: T) => new DatagramPacket({ content, recipient, sender });

/** Takes words apart; a word that is not one is an error behind those before it. */
class WordDecoder extends MessageToMessageDecoder<ByteBuf, string> {
  protected override decode(_ctx: ChannelHandlerContext<string>, text: ByteBuf, out: MessageSink<string>): void {
    for (const word of String(text).split(" ")) {
      if (!/^\w+$/.test(word)) throw new SluiceError("INVALID_TEXT");
      out.push(word);
    }
  }
}

class WordEncoder extends MessageToMessageEncoder<string, ByteBuf> {
  protected override encode(_ctx: ChannelHandlerContext, text: string, out: MessageSink<ByteBuf>): void {
    for (const word of text.split(" ")) if (word !== "") out.push(ByteBuf.from(word));
  }
}

describe("DatagramPacketDecoder", () => {
  it("decodes the content and keeps the addresses", () => {
    const channel = new EmbeddedChannel(new DatagramPacketDecoder(new StringDecoder({ framed: true })));
    channel.writeInbound(packetOf(ByteBuf.from("hello")), packetOf(ByteBuf.EMPTY));
    expect(channel.inboundMessages).toEqual([packetOf("hello"), packetOf("")]);
  });

  it("passes what is not a packet of bytes", () => {
    const channel = new EmbeddedChannel(new DatagramPacketDecoder(new JsonCodec()));
    const others = [ByteBuf.from("{}"), packetOf("text"), "text"];
    channel.writeInbound(...others);
    expect(channel.inboundMessages).toEqual(others);
  });

  it("makes a packet of each message, and passes an error on behind them", () => {
    const errors: unknown[] = [];
    const channel = new EmbeddedChannel(new DatagramPacketDecoder(new WordDecoder()), {
      exceptionCaught: (_ctx, error) => errors.push(error),
    });
    channel.writeInbound(packetOf(ByteBuf.from("one two ! three")), packetOf(ByteBuf.from("four")));
    expect(channel.inboundMessages).toEqual([packetOf("one"), packetOf("two"), packetOf("four")]);
    expect(errors).toEqual([expect.objectContaining({ code: "INVALID_TEXT" })]);
  });

  it("keeps packets apart when handling one leads to another", () => {
    const seen: string[] = [];
    const other = new DatagramPacket({ content: ByteBuf.from("inner"), recipient: sender, sender: recipient });
    const channel = new EmbeddedChannel(new DatagramPacketDecoder(new WordDecoder()), {
      channelRead(ctx, packet: DatagramPacket<string>) {
        if (seen.length === 0) {
          seen.push("first");
          ctx.pipeline.fireChannelRead(other);
        }
        seen.push(`${packet}`);
      },
    });
    channel.writeInbound(packetOf(ByteBuf.from("one two")));
    expect(seen).toEqual(["first", `${other}`, `${packetOf("one")}`, `${packetOf("two")}`]);
  });

  it("tells the inner decoder where it is, and of the end of each burst", () => {
    const log: string[] = [];
    class Watched extends WordDecoder {
      override handlerAdded(ctx: ChannelHandlerContext): void {
        log.push(`added to ${ctx.channel === channel ? "the channel" : "another"}`);
      }
      override handlerRemoved(): void {
        log.push("removed");
      }
    }
    const channel: EmbeddedChannel = new EmbeddedChannel({
      read: (ctx) => {
        log.push("READ");
        ctx.read();
      },
    });
    channel.autoRead = false;
    log.length = 0;
    channel.pipeline.addLast(new DatagramPacketDecoder(new Watched()));
    expect(() => channel.writeInbound(packetOf(ByteBuf.from("!")))).toThrow();
    channel.writeInbound(packetOf(ByteBuf.from("word")));
    channel.finish();
    expect(log).toEqual(["added to the channel", "READ", "removed"]);
  });
});

describe("DatagramPacketEncoder", () => {
  it.each([
    ["to bytes", new StringEncoder(), "hi", "hi"],
    ["of messages", new Base64Encoder(), ByteBuf.from("hi"), "aGk="],
    ["in a codec", new JsonCodec(), { id: 1 }, '{"id":1}'],
  ])("encodes the content with an encoder %s and keeps the addresses", (_kind, inner, content, text) => {
    const channel = new EmbeddedChannel(new DatagramPacketEncoder(inner as PacketContentEncoder<unknown>));
    channel.writeOutbound(packetOf(content));
    const packet = channel.readOutbound<DatagramPacket<ByteBuf>>();
    expect(packet).toBeInstanceOf(DatagramPacket);
    expect(String(packet?.content)).toBe(text);
    expect(packet).toMatchObject({ sender, recipient });
  });

  it("passes what is not a packet for the inner encoder", () => {
    const channel = new EmbeddedChannel(new DatagramPacketEncoder(new StringEncoder()));
    const others = [packetOf(ByteBuf.from("bytes")), "text"];
    channel.writeOutbound(...others);
    expect(channel.outboundMessages.map(String)).toEqual(others.map(String));
  });

  it("sends a packet for each buffer, and is done when all are", async () => {
    const channel = new EmbeddedChannel(new DatagramPacketEncoder(new WordEncoder()));
    await channel.writeAndFlush(packetOf("one two"));
    expect(channel.outboundMessages.map(String)).toEqual([packetOf("one"), packetOf("two")].map(String));
  });

  it("fails the write of what cannot be encoded", () => {
    const channel = new EmbeddedChannel(new DatagramPacketEncoder(new WordEncoder()));
    expect(() => channel.writeOutbound(packetOf(""))).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
    channel.writeOutbound(packetOf("one"));
    expect(channel.outboundMessages).toHaveLength(1);
  });
});
