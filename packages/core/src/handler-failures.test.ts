/** Whatever a handler, a listener or a verb throws ends in exceptionCaught or at the channel, and never in the host. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recorder, turn } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import type { ChannelHandler, ChannelHandlerContext } from "./index.js";

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
});
afterEach(async () => {
  await turn();
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
  expect(unhandled.splice(0)).toEqual([]);
});

const throwing = (what: unknown) => () => {
  throw what;
};

describe("an inbound method that throws", () => {
  const events: [keyof ChannelHandler, (ctx: ChannelHandlerContext) => void][] = [
    ["channelActive", (ctx) => ctx.fireChannelActive()],
    ["channelRead", (ctx) => ctx.fireChannelRead("m")],
    ["channelReadComplete", (ctx) => ctx.fireChannelReadComplete()],
    ["channelWritabilityChanged", (ctx) => ctx.fireChannelWritabilityChanged()],
    ["userEventTriggered", (ctx) => ctx.fireUserEventTriggered("e")],
    ["channelInactive", (ctx) => ctx.fireChannelInactive()],
  ];

  it.each(events)("%s: the same handler's exceptionCaught is asked, and no other", (name, fire) => {
    const log: string[] = [];
    const { channel } = connected(
      recorder("A", log),
      recorder("B", log, {
        [name]: throwing(new Error("x")),
        exceptionCaught: (_ctx, error) => log.push(`B handled ${error.message}`),
      }),
      recorder("C", log),
    );
    log.length = 0;
    fire(channel.pipeline.context("handler#0") as ChannelHandlerContext);
    expect(log).toEqual(["B handled x"]);
    expect(channel.isActive).toBe(true);
  });

  it.each(events)(
    "%s: without one the next handler's is asked, and at the end the channel closes",
    async (name, fire) => {
      const trace: string[] = [];
      const { channel, log } = connected({ [name]: throwing("text") }, recorder("B", trace));
      trace.length = log.length = 0;
      fire(channel.pipeline.context("handler#0")?.prev as ChannelHandlerContext);
      expect(trace[0]).toBe("B.caught HANDLER_THREW");
      expect(log).toEqual(["on error HANDLER_THREW"]);
      await channel.closed;
      expect(channel.closeCause).toMatchObject({ code: "HANDLER_THREW", cause: "text" });
    },
  );
});

describe("an outbound method that throws", () => {
  const operations: [keyof ChannelHandler, (ctx: ChannelHandlerContext, promise: any) => void][] = [
    ["bind", (ctx, promise) => ctx.bind({}, promise)],
    ["connect", (ctx, promise) => ctx.connect({}, promise)],
    ["disconnect", (ctx, promise) => ctx.disconnect(promise)],
    ["write", (ctx, promise) => ctx.write("m", promise)],
    ["shutdownOutput", (ctx, promise) => ctx.shutdownOutput(promise)],
    ["close", (ctx, promise) => ctx.close(promise)],
  ];

  it.each(operations)("%s: fails its promise, and nobody's exceptionCaught is asked", async (name, operate) => {
    const log: string[] = [];
    const { channel } = connected(recorder("A", log, { [name]: throwing(new Error("x")) }), recorder("B", log));
    log.length = 0;
    const promise = channel.newPromise();
    operate(channel.pipeline.tail, promise);
    await expect(promise).rejects.toThrow("x");
    expect(log).toHaveLength(1);
    expect(channel.isActive).toBe(true);
  });

  it.each(operations)("%s: without one it comes from the head", async (name, operate) => {
    const log: string[] = [];
    const { channel } = connected(recorder("A", log, { [name]: throwing(new Error("x")) }), recorder("B", log));
    log.length = 0;
    operate(channel.pipeline.tail, undefined);
    await turn();
    expect(log.filter((entry) => entry.includes("caught"))).toEqual(["A.caught x", "B.caught x"]);
    expect(channel.closeCause).toEqual(new Error("x"));
  });

  it("write: the flush behind it still runs", async () => {
    const { channel, end } = connected({ write: throwing(new Error("x")) });
    channel.pipeline.context("handler#0")?.write("before");
    const promise = channel.writeAndFlush("after");
    expect(end.saw()).toEqual(["flush 1"]);
    await expect(promise).rejects.toThrow("x");
  });

  it("write: what it passed on before it threw is sent all the same", async () => {
    const { channel, end } = connected({
      write: (ctx, message, completion) => {
        ctx.write(message, completion);
        throw new Error("afterwards");
      },
    });
    const promise = channel.writeAndFlush("m");
    await expect(promise).rejects.toThrow("afterwards");
    end.takes();
    expect([end.sent, channel.isActive]).toEqual([["m"], true]);
  });

  it("flush and read: go to its own exceptionCaught, and the write stays pending", () => {
    const log: string[] = [];
    const { channel, end } = connected(
      recorder("A", log, {
        flush: throwing(new Error("no flush")),
        read: throwing(new Error("no read")),
        exceptionCaught: (_ctx, error) => log.push(`A handled ${error.message}`),
      }),
    );
    log.length = 0;
    const promise = channel.writeAndFlush("m");
    channel.read();
    expect(log).toEqual(["A.WRITE m", "A handled no flush", "A handled no read"]);
    expect([promise.isDone, end.saw()]).toEqual([false, []]);
    promise.addListener(() => {});
    channel.closeForcibly();
  });
});

describe("exceptionCaught that throws", () => {
  it("is not asked again: the channel emits what it threw and closes", async () => {
    let calls = 0;
    const { channel, log } = connected({
      exceptionCaught: () => {
        calls++;
        throw new Error("second");
      },
    });
    channel.pipeline.fireExceptionCaught(new Error("first"));
    expect([calls, log]).toEqual([1, ["on error second"]]);
    await channel.closed;
    expect(channel.closeCause).toEqual(new Error("second"));
  });

  it("also when it writes what fails without being awaited", async () => {
    const { channel, log } = connected({ exceptionCaught: (ctx) => ctx.write(undefined) });
    channel.pipeline.write(null);
    expect(log).toEqual(["on error UNSUPPORTED_MESSAGE"]);
    await channel.closed;
  });
});

describe("every method at once", () => {
  it("leaves a channel that still closes and says why", async () => {
    const everything = Object.fromEntries(
      Object.keys(recorder("", [])).map((name) => [name, throwing(new Error(name))]),
    ) as ChannelHandler;
    for (const handler of [everything, { ...everything, handlerAdded: () => {} }]) {
      const { channel, end, log } = scripted(handler);
      channel.connect({}).addListener(() => {});
      channel.engine.connect({}, channel.newPromise());
      end.signals.active();
      end.delivers("m");
      channel.writeAndFlush("m").addListener(() => {});
      channel.read();
      channel.close().addListener(() => {});
      end.signals.failed(new Error("network"));
      await channel.closed;
      expect(log.at(-1)).toMatch(/^on close /);
    }
  });
});

describe("a listener of the channel that throws", () => {
  it.each(["active", "writability"] as const)("for %s: the channel emits it and closes", async (event) => {
    const { channel, end, log } = scripted();
    channel.on(event, throwing(new Error("listener")));
    channel.connect({});
    end.signals.active();
    channel.write("x".repeat(10));
    for (let i = 0; i < 1000; i++) channel.write("fill").addListener(() => {});
    expect(log).toContain("on error listener");
    await channel.closed;
    expect(log.slice(-2)).toEqual(["on inactive", "on close listener"]);
  });

  it.each(["inactive", "close"] as const)("for %s: everything else still ends", async (event) => {
    const { channel, log } = connected();
    channel.on(event, throwing(new Error("listener")));
    await channel.close();
    await channel.closed;
    expect(log).toContain("on error listener");
    expect(log).toContain("on close");
  });

  it("for error: it closes quietly", async () => {
    const { channel } = connected();
    channel.on("error", throwing(new Error("listener")));
    channel.pipeline.fireExceptionCaught(new Error("first"));
    await channel.closed;
    expect(channel.closeCause).toEqual(new Error("first"));
  });
});

describe("a completion listener that throws", () => {
  it("fails its channel and neither the queue nor the others", async () => {
    const { channel, end, log } = connected();
    const order: string[] = [];
    channel.write("a").addListener(throwing(new Error("listener")));
    channel.write("b").addListener(() => order.push("b"));
    channel.flush();
    end.takes();
    expect([order, log, channel.engine.queue.length]).toEqual([["b"], ["on error listener"], 0]);
    await channel.closed;
  });

  it("of connect and of close", async () => {
    const first = scripted();
    first.channel.connect({}).addListener(throwing(new Error("listener")));
    first.end.signals.active();
    await first.channel.closed;
    expect(first.log).toContain("on error listener");
    const second = connected();
    second.channel.close().addListener(throwing(new Error("listener")));
    const other = second.channel.close();
    await other;
    expect(second.log).toContain("on error listener");
  });

  it("passed as a completion of somebody's own", async () => {
    const { channel, end, log } = connected();
    const hostile = { succeed: throwing(new Error("succeed")), fail: throwing(new Error("fail")) };
    channel.pipeline.write("a", hostile);
    channel.pipeline.flush();
    channel.pipeline.write(undefined, hostile);
    end.takes();
    expect(log).toEqual(["on error fail", "on error succeed"]);
    channel.pipeline.tail.close({ ...hostile, succeed: throwing(new Error("close")) });
    await channel.closed;
    await turn();
    expect(log.at(-1)).toBe("on error close");
  });
});

describe("a transport's verb that throws", () => {
  it("connect: fails the attempt", async () => {
    const { channel, end, clock } = scripted();
    end.throws.connect = new Error("bad port");
    await expect(channel.connect({})).rejects.toThrow("bad port");
    await channel.closed;
    expect([channel.closeCause, clock.pending]).toEqual([new Error("bad port"), 0]);
  });

  it("flush: breaks the connection", async () => {
    const { channel, end, log } = connected();
    end.throws.flush = new Error("flush broke");
    await expect(channel.writeAndFlush("a")).rejects.toThrow("flush broke");
    await channel.closed;
    expect(log).toEqual(["on error flush broke", "on inactive", "on close flush broke"]);
    expect(end.saw()).toEqual(["flush 1", "destroy"]);
  });

  it("read: goes to exceptionCaught", async () => {
    const { channel, end, log } = connected();
    end.throws.read = new Error("read broke");
    channel.read();
    expect(log).toEqual(["on error read broke"]);
    await channel.closed;
  });
});
