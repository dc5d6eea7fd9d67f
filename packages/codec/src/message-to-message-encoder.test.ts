import type { ChannelHandlerContext, Completion } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageCodec } from "./message-to-message-codec.js";
import { MessageToMessageEncoder } from "./message-to-message-encoder.js";

class Split extends MessageToMessageEncoder<string, string> {
  protected override acceptOutboundMessage(message: unknown): boolean {
    return typeof message === "string";
  }
  protected override encode(_ctx: ChannelHandlerContext<unknown, string>, text: string, out: MessageSink<string>) {
    for (const word of text.split(" ").filter(Boolean)) {
      out.push(word);
      if (word === "?") throw new TypeError("?");
    }
  }
}

/** Holds writes back, to complete them in any order. */
function held(): { channel: EmbeddedChannel; completions: (Completion | undefined)[] } {
  const completions: (Completion | undefined)[] = [];
  const channel = new EmbeddedChannel(
    { write: (_ctx, _message, completion) => completions.push(completion) },
    new Split(),
  );
  return { channel, completions };
}

describe("MessageToMessageEncoder", () => {
  it("writes one or several messages in order, and passes on what it is not for", () => {
    const channel = new EmbeddedChannel(new Split());
    channel.writeOutbound("a", "b c d", 7);
    expect(channel.outboundMessages).toEqual(["a", "b", "c", "d", 7]);
  });

  it("is done when all of them are", () => {
    const { channel, completions } = held();
    const written = channel.write("a b c");
    for (const completion of completions) {
      expect(written.isDone).toBe(false);
      completion?.succeed();
    }
    expect(completions).toHaveLength(3);
    expect(written.isSuccess).toBe(true);
  });

  it("fails with the first failure, when all of them are done", () => {
    const { channel, completions } = held();
    const written = channel.write("a b c");
    written.addListener(() => {});
    completions[1]?.fail(new Error("second"));
    completions[0]?.fail(new Error("first"));
    expect(written.isDone).toBe(false);
    completions[2]?.succeed();
    expect(written.cause?.message).toBe("second");
  });

  it("needs no completions when nobody waits", () => {
    const { channel, completions } = held();
    channel.pipeline.write("a b");
    expect(completions).toEqual([undefined, undefined]);
  });

  it("fails the write, and writes nothing, when it throws or makes nothing", () => {
    for (const text of ["a ?", ""]) {
      const channel = new EmbeddedChannel(new Split());
      const written = channel.writeAndFlush(text);
      written.addListener(() => {});
      expect(written.cause).toMatchObject({ code: "ENCODE_FAILED" });
      expect(channel.outboundMessages).toEqual([]);
    }
  });
});

describe("MessageToMessageCodec", () => {
  class Numbers extends MessageToMessageCodec<string, number, number, string> {
    protected override decode(_ctx: ChannelHandlerContext<number>, text: string, out: MessageSink<number>): void {
      out.push(Number(text));
    }
    protected override encode(_ctx: ChannelHandlerContext<number>, value: number, out: MessageSink<string>): void {
      if (Number.isNaN(value)) throw new RangeError("NaN");
      if (value !== 0) out.push(String(value));
    }
  }

  it("works both ways", () => {
    const channel = new EmbeddedChannel(new Numbers());
    channel.writeInbound("1", "2");
    channel.writeOutbound(3, 4);
    expect(channel.inboundMessages).toEqual([1, 2]);
    expect(channel.outboundMessages).toEqual(["3", "4"]);
  });

  it("fails what it cannot encode", () => {
    for (const value of [Number.NaN, 0]) {
      expect(() => new EmbeddedChannel(new Numbers()).writeOutbound(value)).toThrow(
        expect.objectContaining({ code: "ENCODE_FAILED" }),
      );
    }
  });
});
