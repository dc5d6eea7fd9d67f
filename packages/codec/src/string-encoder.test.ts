import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { LengthFieldPrepender } from "./length-field-prepender.js";
import { LineEncoder } from "./line-encoder.js";
import { StringEncoder } from "./string-encoder.js";

describe("StringEncoder", () => {
  it("writes strings as bytes with head-room", () => {
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 2 }), new StringEncoder());
    channel.writeOutbound("zwölf", "");
    expect(channel.outboundMessages.map((frame) => (frame as ByteBuf).hexDump())).toEqual(["00067a77c3b66c66", "0000"]);
  });

  it("writes other encodings, and fails what they have no bytes for", () => {
    const channel = new EmbeddedChannel(new StringEncoder({ encoding: "latin1" }));
    channel.writeOutbound("ä");
    expect(channel.readOutbound().hexDump()).toBe("e4");
    expect(() => channel.writeOutbound("€")).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
  });

  it("passes on what is no string", () => {
    const channel = new EmbeddedChannel(new StringEncoder());
    channel.writeOutbound(7);
    expect(channel.readOutbound()).toBe(7);
  });
});

describe("LineEncoder", () => {
  it("writes strings as lines", () => {
    const channel = new EmbeddedChannel(new LineEncoder());
    channel.writeOutbound("one", "", "zwölf");
    expect(ByteBuf.concat(channel.outboundMessages as ByteBuf[]).toString()).toBe("one\n\nzwölf\n");
  });

  it("takes another separator and encoding, and fails what that has no bytes for", () => {
    const channel = new EmbeddedChannel(new LineEncoder({ separator: "\r\n", encoding: "latin1" }));
    channel.writeOutbound("ä");
    expect(channel.readOutbound().hexDump()).toBe("e40d0a");
    expect(() => channel.writeOutbound("€")).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
  });

  it("passes on what is no string", () => {
    const channel = new EmbeddedChannel(new LineEncoder());
    channel.writeOutbound(7);
    expect(channel.readOutbound()).toBe(7);
  });
});
