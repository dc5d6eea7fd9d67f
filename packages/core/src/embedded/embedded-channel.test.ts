import { describe, expect, it } from "vitest";
import { recorder } from "../../fixtures/recorder.js";
import { ChannelOption, WriteBufferWaterMark } from "../index.js";
import { EmbeddedChannel, ManualClock } from "./index.js";

const code = (code: string) => expect.objectContaining({ code });
const upper = () => ({ channelRead: (ctx: any, text: string) => ctx.fireChannelRead(text.toUpperCase()) });
const failing = (message: string) => ({
  channelRead: () => {
    throw new Error(message);
  },
});

describe("making one", () => {
  it("takes handlers, or options", () => {
    const clock = new ManualClock();
    const parent = new EmbeddedChannel();
    const channel = new EmbeddedChannel({ handlers: [upper(), upper()], clock, parent });
    expect([channel.pipeline.names(), channel.clock, channel.parent]).toEqual([
      ["handler#0", "handler#1"],
      clock,
      parent,
    ]);
    expect(new EmbeddedChannel(upper(), upper()).pipeline.names()).toHaveLength(2);
    expect(new EmbeddedChannel({ clock }).clock).toBe(clock);
    expect(new EmbeddedChannel(upper()).clock).not.toBe(clock);
    expect(new EmbeddedChannel().pipeline.names()).toEqual([]);
  });

  it("is active from the start", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    expect([channel.isActive, channel.isWritable, log]).toEqual([true, true, ["A.added", "A.active", "A.READ"]]);
    expect(channel.localAddress).toEqual({ local: "embedded" });
  });

  it("refuses options of sockets and takes the others", () => {
    const channel = new EmbeddedChannel();
    expect(() => channel.setOption(ChannelOption.TCP_NODELAY, true)).toThrow(code("OPTION_UNSUPPORTED"));
    channel.setOption(ChannelOption.AUTO_READ, false);
    expect(channel.autoRead).toBe(false);
  });
});

describe("inbound", () => {
  it("delivers a burst and says whether something reached the tail", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log), upper());
    log.length = 0;
    expect(channel.writeInbound("a", "b")).toBe(true);
    expect(log).toEqual(["A.read a", "A.read b", "A.readComplete", "A.READ"]);
    expect([channel.readInbound(), channel.readInbound(), channel.readInbound()]).toEqual(["A", "B", undefined]);
    expect(new EmbeddedChannel({ channelRead: () => {} }).writeInbound("a")).toBe(false);
    expect(channel.writeInbound()).toBe(false);
  });

  it("delivers piece by piece", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    log.length = 0;
    channel.writeOneInbound("a");
    channel.writeOneInbound("b");
    expect(channel.inboundMessages).toEqual(["a", "b"]);
    channel.flushInbound();
    expect(log).toEqual(["A.read a", "A.read b", "A.readComplete", "A.READ"]);
  });

  it("throws the first error that reached the tail, once, and stays open", () => {
    const channel = new EmbeddedChannel();
    channel.pipeline.addLast("failing", failing("first"));
    expect(() => channel.writeInbound("a", "b")).toThrow("first");
    channel.checkException();
    channel.pipeline.replace("failing", upper());
    expect([channel.isActive, channel.writeInbound("c"), channel.readInbound()]).toEqual([true, true, "C"]);
    channel.pipeline.fireExceptionCaught(new Error("one"));
    channel.pipeline.fireExceptionCaught(new Error("two"));
    expect(() => channel.checkException()).toThrow("one");
    expect(() => channel.checkException()).not.toThrow();
  });

  it("keeps the error of a single write for the next check", () => {
    const channel = new EmbeddedChannel(failing("late"));
    channel.writeOneInbound("a");
    expect(() => channel.flushInbound()).toThrow("late");
  });
});

describe("outbound", () => {
  it("sends and says whether something came out", () => {
    const channel = new EmbeddedChannel({
      write: (ctx, message, completion) => {
        if (message === "drop") completion?.succeed();
        else ctx.write(`<${message}>`, completion);
      },
    });
    expect(channel.writeOutbound("drop")).toBe(false);
    expect(channel.writeOutbound("a", "b")).toBe(true);
    expect([channel.readOutbound(), channel.readOutbound(), channel.readOutbound()]).toEqual(["<a>", "<b>", undefined]);
  });

  it("sends piece by piece", () => {
    const channel = new EmbeddedChannel();
    channel.writeOneOutbound("a");
    channel.writeOneOutbound("b");
    expect(channel.outboundMessages).toEqual([]);
    channel.flushOutbound();
    expect(channel.outboundMessages).toEqual(["a", "b"]);
  });

  it("throws what a write failed with", () => {
    const channel = new EmbeddedChannel({
      write: () => {
        throw new Error("cannot encode");
      },
    });
    expect(() => channel.writeOutbound("a")).toThrow("cannot encode");
    expect(() => new EmbeddedChannel().writeOutbound(undefined)).toThrow(code("UNSUPPORTED_MESSAGE"));
    channel.writeOneOutbound("b");
    expect(() => channel.checkException()).toThrow("cannot encode");
  });

  it("has the writability of a real one", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(100, 200));
    channel.writeOneOutbound("a");
    channel.writeOneOutbound("b");
    expect(channel.isWritable).toBe(false);
    channel.flushOutbound();
    expect(channel.isWritable).toBe(true);
    expect(log.filter((entry) => entry.includes("writable"))).toEqual(["A.writable false", "A.writable true"]);
  });

  it("can be half-closed", async () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    const done = channel.shutdownOutput();
    channel.runPendingTasks();
    await done;
    expect(log.at(-1)).toBe("A.event ChannelOutputShutdownEvent");
    expect(() => channel.writeOutbound("a")).toThrow(code("OUTPUT_SHUTDOWN"));
    expect(channel.writeInbound("b")).toBe(true);
  });
});

describe("time", () => {
  it("stands still until it is moved", () => {
    const seen: number[] = [];
    const channel = new EmbeddedChannel({
      handlerAdded: (ctx) => {
        ctx.clock.schedule(30, () => seen.push(ctx.clock.now()));
      },
    });
    channel.clock.advance(29);
    expect(seen).toEqual([]);
    channel.clock.advance(1);
    expect(seen).toEqual([30]);
  });

  it("may be shared by channels", () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const ticking = (name: string) => ({
      handlerAdded: (ctx: any) => void ctx.clock.schedule(10, () => seen.push(name)),
    });
    new EmbeddedChannel({ clock, handlers: [ticking("a")] });
    new EmbeddedChannel({ clock, handlers: [ticking("b")] });
    clock.advance(10);
    expect(seen).toEqual(["a", "b"]);
  });
});

describe("the end", () => {
  it("gives back what was left", () => {
    const channel = new EmbeddedChannel();
    channel.writeInbound("in");
    channel.writeOutbound("out");
    channel.writeOneOutbound("unflushed");
    channel.pipeline.write("unawaited");
    expect(channel.finish()).toEqual({ inbound: ["in"], outbound: ["out"], unflushed: ["unflushed", "unawaited"] });
    expect([channel.isOpen, channel.inboundMessages, channel.outboundMessages]).toEqual([false, [], []]);
    expect(channel.finish()).toEqual({ inbound: [], outbound: [], unflushed: [] });
  });

  it("includes what handlers pass on while they go", () => {
    const channel = new EmbeddedChannel({
      channelInactive: (ctx) => {
        ctx.fireChannelRead("rest");
        ctx.fireChannelInactive();
      },
      close: (ctx, completion) => {
        ctx.writeAndFlush("goodbye");
        ctx.close(completion);
      },
    });
    expect(channel.finish()).toEqual({ inbound: ["rest"], outbound: ["goodbye"], unflushed: [] });
  });

  it("throws what reached the tail unhandled", () => {
    const channel = new EmbeddedChannel({
      channelInactive: () => {
        throw new Error("too late");
      },
    });
    expect(() => channel.finish()).toThrow("too late");
  });

  it("refuses messages afterwards", () => {
    const channel = new EmbeddedChannel();
    channel.finish();
    expect(() => channel.writeInbound("a")).toThrow(code("CHANNEL_CLOSED"));
    expect(() => channel.writeOneInbound("a")).toThrow(code("CHANNEL_CLOSED"));
    expect(() => channel.writeOutbound("a")).toThrow(code("CHANNEL_CLOSED"));
  });

  it("is told synchronously by runPendingTasks, or else in a microtask", async () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    channel.close();
    expect(log.at(-1)).toBe("A.CLOSE");
    channel.runPendingTasks();
    expect(log.slice(-2)).toEqual(["A.inactive", "A.removed"]);
    const other = new EmbeddedChannel(recorder("B", log));
    await other.close();
    expect(log.slice(-2)).toEqual(["B.inactive", "B.removed"]);
  });

  it("comes by a handler too", () => {
    const channel = new EmbeddedChannel({ channelRead: (ctx) => ctx.close() });
    channel.writeInbound("a");
    expect([channel.isOpen, channel.pipeline.names()]).toEqual([false, []]);
  });
});

describe("the edge", () => {
  it("is not for embedded channels: what reaches the tail is read with readInbound", async () => {
    const channel = new EmbeddedChannel();
    const messages = channel.messages();
    channel.writeInbound("a");
    const next = messages.next();
    channel.finish();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  it("sends", async () => {
    const channel = new EmbeddedChannel();
    await channel.send("a");
    expect(channel.readOutbound()).toBe("a");
  });
});
