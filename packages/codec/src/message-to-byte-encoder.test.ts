import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { LengthFieldPrepender } from "./length-field-prepender.js";
import { HEAD_ROOM, MessageToByteEncoder } from "./message-to-byte-encoder.js";

class Uint32Encoder extends MessageToByteEncoder<number> {
  protected override encode(_ctx: ChannelHandlerContext, value: number, out: ByteBuf): void {
    if (value !== 0) out.writeUint32(value);
  }
}

describe("MessageToByteEncoder", () => {
  it("writes what was encoded", () => {
    const channel = new EmbeddedChannel(new Uint32Encoder());
    channel.writeOutbound(0xcafe);
    expect(channel.readOutbound().hexDump()).toBe("0000cafe");
  });

  it("leaves head-room for a length in front", () => {
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 4 }), new Uint32Encoder());
    channel.writeOutbound(7);
    const frame = channel.readOutbound() as ByteBuf;
    expect(frame.hexDump()).toBe("0000000400000007");
    expect(frame.headRoom).toBe(HEAD_ROOM - 4);
  });

  it("grows", () => {
    class Blanks extends MessageToByteEncoder<number> {
      protected override encode(_ctx: ChannelHandlerContext, length: number, out: ByteBuf): void {
        for (let i = 0; i < length; i++) out.writeUint8(0x20);
      }
    }
    const channel = new EmbeddedChannel(new Blanks());
    channel.writeOutbound(100_000);
    expect(channel.readOutbound().readableBytes).toBe(100_000);
  });

  it("passes bytes, and what it is not for", () => {
    const channel = new EmbeddedChannel(new Uint32Encoder());
    const bytes = ByteBuf.from("x");
    channel.writeOutbound(bytes);
    expect(channel.readOutbound()).toBe(bytes);
  });

  it("writes nothing as an empty buffer, so that the write is done", () => {
    const channel = new EmbeddedChannel(new Uint32Encoder());
    const written = channel.writeAndFlush(0);
    expect(channel.readOutbound().readableBytes).toBe(0);
    expect(written.isSuccess).toBe(true);
  });

  it("fails the write with ENCODE_FAILED and what was thrown", () => {
    const channel = new EmbeddedChannel(new Uint32Encoder());
    const written = channel.write(-1);
    written.addListener(() => {});
    expect(written.cause).toMatchObject({ code: "ENCODE_FAILED", cause: { code: "VALUE_OUT_OF_RANGE" } });
    expect(channel.finish()).toEqual({ inbound: [], outbound: [], unflushed: [] });
  });

  it("reports the failure of a write nobody waits for", () => {
    const channel = new EmbeddedChannel(new Uint32Encoder());
    channel.pipeline.write(-1);
    expect(() => channel.checkException()).toThrow(SluiceError);
  });
});
