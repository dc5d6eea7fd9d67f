/** Ending one direction alone. */
import { describe, expect, it } from "vitest";
import { recorder } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";
import { ChannelOption } from "./channel-option.js";

const code = (code: string) => expect.objectContaining({ code });

describe("shutdownOutput", () => {
  it("waits for what was flushed, fails the rest, and leaves input open", async () => {
    const trace: string[] = [];
    const { channel, end, log } = connected(recorder("A", trace));
    const flushed = channel.writeAndFlush("a");
    const unflushed = channel.write("b");
    const done = channel.shutdownOutput();
    await expect(unflushed).rejects.toEqual(code("OUTPUT_SHUTDOWN"));
    await expect(channel.write("c")).rejects.toEqual(code("OUTPUT_SHUTDOWN"));
    expect(end.saw()).toEqual(["flush 1"]);
    end.takes();
    expect([end.saw(), done.isDone, flushed.isSuccess]).toEqual([["shutdownOutput"], false, true]);
    end.signals.outputShutdown();
    await done;
    trace.length = 0;
    end.delivers("m");
    expect(trace).toEqual(["A.read m", "A.readComplete", "A.READ"]);
    expect([channel.isActive, log]).toEqual([true, []]);
    await channel.shutdownOutput();
    end.signals.inputShutdown();
    await channel.closed;
    expect(end.saw()).toEqual(["read", "close"]);
  });

  it("fires an event when it is done", () => {
    const trace: string[] = [];
    const { channel, end } = connected(recorder("A", trace));
    trace.length = 0;
    channel.shutdownOutput();
    end.signals.outputShutdown();
    expect(trace).toEqual(["A.SHUTDOWN", "A.event ChannelOutputShutdownEvent"]);
  });

  it("asked for twice is done once, and both learn of it", async () => {
    const { channel, end } = connected();
    const both = [channel.shutdownOutput(), channel.shutdownOutput()];
    expect(both.map(({ isDone }) => isDone)).toEqual([false, false]);
    end.signals.outputShutdown();
    await Promise.all(both);
    expect(end.saw()).toEqual(["shutdownOutput"]);
  });

  it("from inside the last completion is done once", () => {
    const { channel, end } = connected();
    channel.writeAndFlush("a").addListener(() => channel.shutdownOutput());
    end.takes();
    expect(end.saw()).toEqual(["flush 1", "shutdownOutput"]);
    end.signals.outputShutdown();
  });

  it("that the transport cannot do leaves the channel as it was", async () => {
    const { channel, end } = connected();
    end.throws.shutdownOutput = new Error("cannot");
    await expect(channel.shutdownOutput()).rejects.toThrow("cannot");
    channel.writeAndFlush("still here");
    expect([end.saw(), channel.isActive]).toEqual([["shutdownOutput", "flush 1"], true]);
    // Asked while something waits, it fails when its turn has come.
    const later = channel.shutdownOutput();
    end.takes();
    await expect(later).rejects.toThrow("cannot");
    await channel.close();
  });

  it("interrupted by a close or a failure fails", async () => {
    for (const how of ["close", "closeForcibly"] as const) {
      const { channel } = connected();
      const done = channel.shutdownOutput();
      channel[how]();
      await expect(done).rejects.toEqual(code("CHANNEL_CLOSED"));
      await expect(channel.shutdownOutput()).rejects.toEqual(code("CHANNEL_CLOSED"));
    }
  });

  it("keeps a channel open, whose peer ends first, until it is done", async () => {
    const { channel, end } = connected();
    channel.writeAndFlush("a");
    channel.shutdownOutput();
    end.signals.inputShutdown();
    expect(channel.isActive).toBe(true);
    end.takes();
    end.signals.outputShutdown();
    await channel.closed;
    expect(end.saw()).toEqual(["flush 1", "shutdownOutput", "close"]);
  });
});

describe("the end of input", () => {
  it("closes the channel after sending what was flushed", async () => {
    const trace: string[] = [];
    const { channel, end } = connected(recorder("A", trace));
    channel.writeAndFlush("a");
    trace.length = 0;
    end.signals.inputShutdown();
    expect([channel.isActive, end.saw()]).toEqual([false, ["flush 1", "flush 1"]]);
    end.takes();
    await channel.closed;
    expect(trace).toEqual(["A.inactive", "A.removed"]);
  });

  it("with half-closure allowed is an event, and another when somebody reads on", async () => {
    const trace: string[] = [];
    const { channel, end } = connected(recorder("A", trace));
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    trace.length = 0;
    end.signals.inputShutdown();
    end.signals.inputShutdown();
    expect(trace).toEqual(["A.event ChannelInputShutdownEvent"]);
    channel.read().read();
    expect(trace.slice(1)).toEqual(["A.READ", "A.event ChannelInputShutdownReadComplete", "A.READ"]);
    channel.writeAndFlush("still");
    end.takes();
    expect([channel.isActive, end.saw()]).toEqual([true, ["flush 1"]]);
    channel.shutdownOutput();
    end.signals.outputShutdown();
    await channel.closed;
    expect(channel.closeCause).toBeUndefined();
  });

  it("with half-closure allowed after our own end closes", async () => {
    const { channel, end } = connected();
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true).shutdownOutput();
    end.signals.outputShutdown();
    end.signals.inputShutdown();
    await channel.closed;
  });
});
