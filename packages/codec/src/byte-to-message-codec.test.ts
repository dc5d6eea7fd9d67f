import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { ByteToMessageCodec } from "./byte-to-message-codec.js";
import type { MessageSink } from "./message-sink.js";

class Uint16Codec extends ByteToMessageCodec<number, number> {
  protected override decode(_ctx: ChannelHandlerContext<number>, input: ByteBuf, out: MessageSink<number>): void {
    if (input.readableBytes >= 2) out.push(input.readUint16());
  }
  protected override encode(_ctx: ChannelHandlerContext<number>, value: number, out: ByteBuf): void {
    out.writeUint16(value);
  }
}

describe("ByteToMessageCodec", () => {
  it("works both ways", () => {
    const channel = new EmbeddedChannel(new Uint16Codec());
    channel.writeInbound(ByteBuf.fromHex("00010002 00"), ByteBuf.fromHex("03"));
    channel.writeOutbound(1, 2, 3);
    expect(channel.inboundMessages).toEqual([1, 2, 3]);
    expect(ByteBuf.concat(channel.outboundMessages as ByteBuf[]).hexDump()).toBe("000100020003");
  });

  it("passes bytes that are written, and fails what it cannot encode", () => {
    const channel = new EmbeddedChannel(new Uint16Codec());
    const bytes = ByteBuf.from("x");
    channel.writeOutbound(bytes);
    expect(channel.readOutbound()).toBe(bytes);
    expect(() => channel.writeOutbound(70_000)).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
  });
});
