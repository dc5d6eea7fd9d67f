/** From active to closed: in order, by deadline and by force. */
import { describe, expect, it } from "vitest";
import { recorder } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import { ChannelOption } from "./channel-option.js";

const code = (code: string) => expect.objectContaining({ code });

describe("close", () => {
  it("tells inactive on a later job, then removes, then resolves everything", async () => {
    const trace: string[] = [];
    const { channel, end, log } = connected(recorder("A", trace));
    trace.length = 0;
    const promise = channel.close().addListener(() => log.push("promise"));
    const both = Promise.all([promise, channel.closed.then(() => log.push("closed"))]);
    expect([trace, channel.isOpen, channel.isActive, promise.isDone]).toEqual([["A.CLOSE"], false, false, false]);
    await both;
    expect(trace).toEqual(["A.CLOSE", "A.inactive", "A.removed"]);
    expect(log).toEqual(["on inactive", "on close", "promise", "closed"]);
    expect(end.saw()).toEqual(["close"]);
  });

  it("twice, by whatever name, closes once", async () => {
    const { channel, end, log } = connected();
    await Promise.all([channel.close(), channel.close(), channel.disconnect(), channel[Symbol.asyncDispose]()]);
    await channel.close();
    await channel.closed;
    expect(end.saw()).toEqual(["close"]);
    expect(log).toEqual(["on inactive", "on close"]);
  });

  it("of a channel that never was active tells no inactive", async () => {
    for (const connect of [false, true]) {
      const trace: string[] = [];
      const { channel, log } = scripted(recorder("A", trace));
      if (connect) channel.connect({}).addListener(() => {});
      await channel.close();
      expect(trace.filter((entry) => /active/.test(entry))).toEqual([]);
      expect([trace.at(-1), log]).toEqual(["A.removed", ["on close"]]);
    }
  });

  it("may be held back and refused by a handler", async () => {
    const { channel, end } = connected({
      close: (_ctx, completion) => completion?.fail(new Error("not yet")),
    });
    await expect(channel.close()).rejects.toThrow("not yet");
    expect([channel.isActive, end.saw()]).toEqual([true, []]);
  });

  it("sends what was flushed and fails the rest at once", async () => {
    const { channel, end, clock } = connected();
    const flushed = [channel.write("a"), channel.write("b")];
    channel.flush();
    const unflushed = channel.write("c");
    const closing = channel.close();
    await expect(unflushed).rejects.toEqual(code("CHANNEL_CLOSED"));
    await expect(channel.writeAndFlush("late")).rejects.toEqual(code("CHANNEL_CLOSED"));
    expect(end.saw()).toEqual(["flush 2", "flush 2", "read"]);
    end.takes(1);
    expect([flushed[0]?.isSuccess, closing.isDone, end.saw()]).toEqual([true, false, []]);
    end.takes(1);
    expect(end.saw()).toEqual(["close"]);
    await closing;
    expect([clock.pending, channel.closeCause]).toEqual([0, undefined]);
  });

  it("takes and drops input while it sends", async () => {
    const trace: string[] = [];
    const { channel, end } = connected(recorder("A", trace));
    channel.writeAndFlush("a");
    channel.close();
    end.saw();
    trace.length = 0;
    end.delivers("late");
    end.signals.inputShutdown();
    expect(trace).toEqual(["A.readComplete"]);
    expect(end.saw()).toEqual(["read"]);
    end.takes();
    await channel.closed;
  });

  it("cuts what takes longer than the deadline", async () => {
    const { channel, end, clock, log } = connected();
    const write = channel.writeAndFlush("12345678");
    channel.setOption(ChannelOption.CLOSE_TIMEOUT_MILLIS, 70).close();
    clock.advance(69);
    expect(write.isDone).toBe(false);
    clock.advance(1);
    await expect(write).rejects.toMatchObject({ code: "CLOSE_TIMEOUT", limit: 70, length: 104 });
    await channel.closed;
    expect(log).toEqual(["on inactive", "on close CLOSE_TIMEOUT"]);
    expect(end.saw()).toEqual(["flush 1", "flush 1", "read", "destroy"]);
    expect(connected().channel.getOption(ChannelOption.CLOSE_TIMEOUT_MILLIS)).toBeUndefined();
  });

  it("gives the deadline 10 s by default", () => {
    const { channel, clock } = connected();
    channel.writeAndFlush("a").addListener(() => {});
    channel.close();
    expect(clock.nextDeadline).toBe(10_000);
  });

  it("fails what is queued at once when asked to", async () => {
    const { channel, end } = connected();
    const results = [channel.writeAndFlush("a"), channel.write("b")];
    const closing = channel.close({ pendingWrites: "fail" });
    const failed = { status: "rejected", reason: code("CHANNEL_CLOSED") };
    expect(await Promise.allSettled(results)).toEqual([failed, failed]);
    await closing;
    expect(end.saw()).toEqual(["flush 1", "destroy"]);
    expect(channel.closeCause).toBeUndefined();
  });

  it("can be hastened: a second close may fail what the first waits for", async () => {
    const { channel, end, clock } = connected();
    const write = channel.writeAndFlush("a");
    const first = channel.close();
    const second = channel.close({ pendingWrites: "fail" });
    await expect(write).rejects.toEqual(code("CHANNEL_CLOSED"));
    await Promise.all([first, second]);
    expect([end.saw().at(-1), clock.pending]).toEqual(["destroy", 0]);
  });

  it("of a channel whose peer is gone cuts the connection, whether something is queued or not", async () => {
    for (const queued of [0, 1]) {
      const { channel, end, clock } = connected();
      const writes = Array.from({ length: queued }, () => channel.writeAndFlush("a"));
      channel.engine.note.peerIsGone = true;
      const closing = channel.close();
      const failed = { status: "rejected", reason: code("CHANNEL_CLOSED") };
      expect(await Promise.allSettled(writes)).toEqual(writes.map(() => failed));
      await closing;
      expect([end.saw().at(-1), end.saw().includes("close"), clock.pending]).toEqual(["destroy", false, 0]);
    }
  });

  it("that meets a broken connection fails what waits with that", async () => {
    const { channel, end, log } = connected();
    const write = channel.writeAndFlush("a");
    channel.close();
    end.signals.failed(new Error("reset"));
    await expect(write).rejects.toThrow("reset");
    await channel.closed;
    expect(log).toEqual(["on inactive", "on close reset"]);
  });

  it("is on purpose when the connection breaks after everything was sent", async () => {
    const { channel, end } = connected();
    end.closes = false;
    channel.close();
    end.signals.failed(new Error("reset by a hasty peer"));
    end.signals.closed();
    await channel.closed;
    expect(channel.closeCause).toBeUndefined();
  });

  it("says once that unawaited writes were lost", async () => {
    const caught: string[] = [];
    const { channel } = connected({ exceptionCaught: (_ctx, error) => caught.push((error as any).code) });
    for (let i = 0; i < 3; i++) channel.pipeline.write("a");
    channel.close();
    await channel.closed;
    expect(caught).toEqual(["CHANNEL_CLOSED"]);
  });
});

describe("closeForcibly", () => {
  it("asks no handler, fails everything, in any state", async () => {
    const trace: string[] = [];
    const { channel, end } = connected(recorder("A", trace));
    const results = [channel.writeAndFlush("a"), channel.write("b")];
    trace.length = 0;
    channel.closeForcibly();
    channel.closeForcibly();
    const failed = { status: "rejected", reason: code("CHANNEL_CLOSED") };
    expect(await Promise.allSettled(results)).toEqual([failed, failed]);
    await channel.closed;
    channel.closeForcibly();
    expect(trace).toEqual(["A.inactive", "A.removed"]);
    expect(end.saw()).toEqual(["flush 1", "destroy"]);
    for (const state of ["open", "connecting"] as const) {
      const other = scripted();
      if (state === "connecting") other.channel.connect({}).addListener(() => {});
      other.channel.closeForcibly();
      await other.channel.closed;
      expect([other.log, other.clock.pending]).toEqual([["on close"], 0]);
    }
  });

  it("ends a close that waits", async () => {
    const { channel, end, clock } = connected();
    channel.writeAndFlush("a").addListener(() => {});
    const closing = channel.close();
    channel.closeForcibly();
    await closing;
    expect([end.saw().at(-1), clock.pending]).toEqual(["destroy", 0]);
  });

  it("ends a close whose end is being taken down already", async () => {
    const { channel, end } = connected();
    end.closes = false;
    channel.close();
    channel.closeForcibly();
    expect(end.saw()).toEqual(["close", "destroy"]);
    end.signals.closed();
    await channel.closed;
  });
});
