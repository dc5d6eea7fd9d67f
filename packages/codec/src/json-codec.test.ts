import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonCodec } from "./json-codec.js";
import { LengthFieldBasedFrameDecoder } from "./length-field-based-frame-decoder.js";
import { LengthFieldPrepender } from "./length-field-prepender.js";

const framed = () =>
  new EmbeddedChannel(
    new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }),
    new LengthFieldPrepender({ lengthFieldLength: 4 }),
    new JsonCodec(),
  );

describe("JsonCodec", () => {
  it("reads values from frames of bytes and of text", () => {
    const channel = new EmbeddedChannel(new JsonCodec());
    channel.writeInbound(ByteBuf.from('{"id":1}'), '["é"]', "null");
    expect(channel.inboundMessages).toEqual([{ id: 1 }, ["é"], null]);
  });

  it("gives back over the wire what was written", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const channel = framed();
        channel.writeOutbound(...values);
        channel.writeInbound(ByteBuf.concat(channel.outboundMessages as ByteBuf[]));
        expect(channel.inboundMessages).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  it.each([
    ["what is not JSON", ByteBuf.from("{"), "7b"],
    ["an empty frame", ByteBuf.EMPTY, ""],
    ["what is not UTF-8", ByteBuf.fromHex("22c322"), "22c322"],
    ["text that is not JSON", "nul", "6e756c"],
  ])("reports %s and goes on", (_name, frame, hex) => {
    const channel = new EmbeddedChannel(new JsonCodec());
    const length = hex.length / 2;
    expect(() => channel.writeInbound(frame, ByteBuf.from("1"))).toThrow(
      expect.objectContaining({ code: "INVALID_JSON", hex, length }),
    );
    expect(channel.inboundMessages).toEqual([1]);
  });

  it("fails the write of what JSON cannot express", () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    for (const value of [undefined, () => {}, circular, 1n]) {
      const channel = new EmbeddedChannel(new JsonCodec());
      expect(() => channel.writeOutbound(value)).toThrow(expect.objectContaining({ code: "ENCODE_FAILED" }));
    }
  });

  it("passes on what is no frame, and bytes that are written", () => {
    const channel = new EmbeddedChannel(new JsonCodec());
    const bytes = ByteBuf.from("x");
    channel.writeInbound(7);
    channel.writeOutbound(bytes);
    expect(channel.readInbound()).toBe(7);
    expect(channel.readOutbound()).toBe(bytes);
  });

  it("uses the reviver and the replacer", () => {
    const channel = new EmbeddedChannel(
      new JsonCodec({
        reviver: (key, value) => (key === "at" ? new Date(value as string) : value),
        replacer: (key, value) => (key === "secret" ? undefined : value),
      }),
    );
    channel.writeInbound('{"at":"2026-01-01T00:00:00.000Z"}');
    channel.writeOutbound({ secret: 1, id: 2 });
    expect(channel.readInbound()).toEqual({ at: new Date("2026-01-01T00:00:00Z") });
    expect(channel.readOutbound().toString()).toBe('{"id":2}');
  });

  it("lets the channel read on when a burst had nothing but an error in it", () => {
    let reads = 0;
    const channel = new EmbeddedChannel({ read: () => reads++ }, new JsonCodec());
    channel.autoRead = false;
    reads = 0;
    expect(() => channel.writeInbound("{")).toThrow(SluiceError);
    expect(reads).toBe(1);
  });
});
