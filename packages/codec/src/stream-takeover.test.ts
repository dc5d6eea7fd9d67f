/** What decoders give back when the stream changes hands beneath them. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandler, StreamTakeoverEvent } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { bytes, pairs, Scripted } from "../test/scripted-decoder.js";
import { LineBasedFrameDecoder } from "./line-based-frame-decoder.js";
import { StringDecoder } from "./string-decoder.js";

/** A channel whose last handler fires the event at the message `stop`. */
function taken(...decoders: ChannelHandler[]) {
  const event = new StreamTakeoverEvent();
  const log: string[] = [];
  const channel = new EmbeddedChannel(...decoders, {
    channelRead: (ctx, message) => {
      log.push(String(message));
      if (String(message) === "stop") ctx.pipeline.fireUserEventTriggered(event);
    },
    exceptionCaught: (_ctx, error) => void log.push((error as SluiceError).code),
  });
  const given = () => event.unread.map(String).join("|");
  return { channel, event, log, given };
}

describe("a stream that changes hands", () => {
  it("in the middle of a chunk takes the rest of it along", () => {
    const { channel, event, log, given } = taken(new LineBasedFrameDecoder());
    channel.writeInbound(bytes("one\nstop\ntwo\nthr"));
    expect([log, given(), event.isInterruption]).toEqual([["one", "stop"], "two\nthr", false]);
    // Whoever reads on begins afresh.
    channel.writeInbound(bytes("four\n"));
    expect(log).toEqual(["one", "stop", "four"]);
  });

  it("takes along what has arrived meanwhile", () => {
    const { channel, log, given } = taken(new LineBasedFrameDecoder(), {
      channelRead: (ctx, message) => {
        if (String(message) === "stop") channel.pipeline.fireChannelRead(bytes("more"));
        ctx.fireChannelRead(message);
      },
    });
    channel.writeInbound(bytes("stop\ntwo"));
    expect([log, given()]).toEqual([["stop"], "twomore"]);
  });

  it("at the end of a chunk has nothing to take, at every cut of the message", () => {
    for (let cut = 1; cut < 5; cut++) {
      const { channel, event, given } = taken(new LineBasedFrameDecoder());
      channel.writeInbound(bytes("stop\n".slice(0, cut)), bytes("stop\n".slice(cut)));
      expect([given(), event.isInterruption]).toEqual(["", false]);
    }
  });

  it("between chunks cannot take a message that has begun", () => {
    const event = new StreamTakeoverEvent();
    const channel = new EmbeddedChannel(new Scripted(pairs));
    channel.writeInbound(bytes("abc"));
    channel.pipeline.fireUserEventTriggered(event);
    expect([event.unread, event.isInterruption]).toEqual([[], true]);
    expect(String(channel.readInbound())).toBe("ab");
  });

  it("is interrupted by a message that is being skipped", () => {
    const event = new StreamTakeoverEvent();
    const { channel, log } = taken(new LineBasedFrameDecoder({ maxLength: 4, failFast: true }));
    channel.writeInbound(bytes("far too long"));
    expect(log).toEqual(["FRAME_TOO_LONG"]);
    channel.pipeline.fireUserEventTriggered(event);
    expect([event.unread, event.isInterruption]).toEqual([[], true]);
    // Behind the next message all is well again.
    const later = new StreamTakeoverEvent();
    channel.writeInbound(bytes("\nok\n"));
    channel.pipeline.fireUserEventTriggered(later);
    expect(later.isInterruption).toBe(false);
  });

  it("is interrupted by a torn character", () => {
    const event = new StreamTakeoverEvent();
    const channel = new EmbeddedChannel(new StringDecoder());
    channel.writeInbound(ByteBuf.fromHex("61 c3"));
    channel.pipeline.fireUserEventTriggered(event);
    expect(event.isInterruption).toBe(true);
    const between = new StreamTakeoverEvent();
    channel.writeInbound(ByteBuf.fromHex("a9"));
    channel.pipeline.fireUserEventTriggered(between);
    expect(between.isInterruption).toBe(false);
  });

  it("passes all decoders, and those that have failed have nothing to give", () => {
    const seen: unknown[] = [];
    const event = new StreamTakeoverEvent();
    const failing = new Scripted(
      () => {
        throw new SluiceError("FRAME_CORRUPTED");
      },
      { closeOnFatalError: false },
    );
    const channel = new EmbeddedChannel(failing, {
      userEventTriggered: (_ctx, passed) => void seen.push(passed),
      exceptionCaught: () => {},
    });
    channel.writeInbound(bytes("abc"));
    channel.pipeline.fireUserEventTriggered(event);
    expect([seen, event.unread]).toEqual([[event], []]);
  });
});
