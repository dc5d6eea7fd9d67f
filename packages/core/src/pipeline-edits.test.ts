/** Handlers that come and go while events travel. */
import { describe, expect, it } from "vitest";
import { recorder } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";
import { EmbeddedChannel } from "./embedded/index.js";
import type { ChannelHandler, ChannelHandlerContext } from "./index.js";
import { PassThroughHandler } from "./pass-through-handler.js";

class Plain extends PassThroughHandler {}

const code = (code: string) => expect.objectContaining({ code });

/** An embedded channel with recorders of the given names, added under these names. */
function withRecorders(...names: string[]) {
  const log: string[] = [];
  const channel = new EmbeddedChannel();
  for (const name of names) channel.pipeline.addLast(name, recorder(name, log));
  return { channel, pipeline: channel.pipeline, log };
}

describe("handlerAdded and handlerRemoved", () => {
  it("that throw: the handler goes and the error comes from the head", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(recorder("A", log));
    log.length = 0;
    const failing = recorder("B", log, {
      handlerAdded: () => {
        throw new Error("cannot start");
      },
    });
    channel.pipeline.addLast("B", failing);
    expect(log).toEqual(["B.removed", "A.caught HANDLER_LIFECYCLE_FAILED"]);
    expect(channel.pipeline.names()).toHaveLength(1);
    expect(() => channel.checkException()).toThrow(
      expect.objectContaining({ code: "HANDLER_LIFECYCLE_FAILED", cause: new Error("cannot start") }),
    );
    channel.pipeline.addLast("C", {
      handlerRemoved: () => {
        throw new Error("cannot stop");
      },
    });
    channel.pipeline.remove("C");
    expect(channel.pipeline.names()).toHaveLength(1);
    expect(() => channel.checkException()).toThrow(
      expect.objectContaining({ code: "HANDLER_LIFECYCLE_FAILED", cause: new Error("cannot stop") }),
    );
    // Both at once.
    channel.pipeline.addLast("D", {
      handlerAdded: () => {
        throw new Error("first");
      },
      handlerRemoved: () => {
        throw new Error("second");
      },
    });
    expect(log.filter((entry) => entry.includes("LIFECYCLE"))).toHaveLength(4);
    expect(() => channel.checkException()).toThrow(expect.objectContaining({ cause: new Error("second") }));
  });

  it("are called once each, also for a handler that removes itself while it is added", () => {
    const { pipeline, log } = withRecorders("A", "C");
    log.length = 0;
    pipeline.addBefore("C", "B", {
      ...recorder("B", log),
      handlerAdded: (ctx) => {
        log.push("B.added");
        ctx.pipeline.remove("B");
      },
    });
    expect(log).toEqual(["B.added", "B.removed"]);
    expect(pipeline.names()).toEqual(["A", "C"]);
  });

  it("cannot be made to remove twice", () => {
    const { pipeline, log } = withRecorders();
    pipeline.addLast("A", {
      handlerRemoved: (ctx) => {
        log.push(`removed, ${ctx.isRemoved}`);
        expect(() => ctx.pipeline.remove("A")).toThrow(code("HANDLER_NOT_FOUND"));
      },
    });
    pipeline.remove("A");
    expect(log).toEqual(["removed, false"]);
  });

  it("may add and remove others in the middle of a list", () => {
    const { pipeline, log } = withRecorders("last");
    pipeline.addFirst(
      "a",
      { handlerAdded: (ctx) => void ctx.pipeline.remove("last") },
      "b",
      { handlerAdded: (ctx) => ctx.pipeline.addAfter("b", "c", new Plain()) },
      "d",
      new Plain(),
    );
    expect(pipeline.names()).toEqual(["a", "b", "c", "d"]);
    expect(log).toEqual(["last.added", "last.removed"]);
    const seen: unknown[] = [];
    pipeline.addLast({ channelRead: (_ctx, message) => seen.push(message) });
    pipeline.fireChannelRead("r");
    pipeline.context("d")?.fireChannelRead("s");
    expect(seen).toEqual(["r", "s"]);
  });

  it("come in pairs on a channel that is over, too", async () => {
    const { channel, end } = connected();
    channel.closeForcibly();
    await channel.closed;
    const log: string[] = [];
    channel.pipeline.addLast("late", recorder("late", log)).addFirst("later", recorder("later", log));
    expect(log).toEqual(["late.added", "late.removed", "later.added", "later.removed"]);
    expect(channel.pipeline.names()).toEqual([]);
    expect(end.saw()).toEqual(["destroy"]);
  });

  it("may edit while the channel is taken apart", async () => {
    const log: string[] = [];
    const { channel } = connected();
    const swap: ChannelHandler = { handlerRemoved: (ctx) => void ctx.pipeline.replace("B", "X", recorder("X", log)) };
    channel.pipeline.addLast("A", recorder("A", log)).addLast("B", recorder("B", log)).addLast("C", swap);
    log.length = 0;
    channel.close();
    await channel.closed;
    expect(log.slice(-4)).toEqual(["X.added", "B.removed", "X.removed", "A.removed"]);
    const again = connected();
    let adds = 0;
    const readd = (): ChannelHandler => ({
      handlerRemoved: (ctx) => {
        if (++adds < 100) ctx.pipeline.addLast(readd());
      },
    });
    again.channel.pipeline.addLast(readd());
    again.channel.close();
    await again.channel.closed;
    expect([adds, again.channel.pipeline.names()]).toEqual([100, []]);
  });
});

describe("replace", () => {
  it("adds the new handler, then removes the old one, under the old name or a new one", () => {
    const { pipeline, log } = withRecorders("A", "B", "C");
    log.length = 0;
    const old = pipeline.get("B") as ChannelHandler;
    expect(pipeline.replace("B", recorder("X", log))).toBe(old);
    expect(log).toEqual(["X.added", "B.removed"]);
    expect(pipeline.names()).toEqual(["A", "B", "C"]);
    pipeline.replace("B", "Y", recorder("Y", log));
    expect(pipeline.names()).toEqual(["A", "Y", "C"]);
    expect(() => pipeline.replace("Y", "A", new Plain())).toThrow(code("DUPLICATE_HANDLER_NAME"));
    expect(() => pipeline.replace("Y", old)).toThrow(code("HANDLER_NOT_SHARABLE"));
    expect(pipeline.names()).toEqual(["A", "Y", "C"]);
  });

  it("gives what the old handler passes on while leaving to the new one, both ways", () => {
    const { pipeline, log } = withRecorders("A");
    pipeline.addLast("B", {
      handlerRemoved: (ctx) => {
        ctx.fireChannelRead("rest");
        ctx.fireChannelReadComplete();
        ctx.fireUserEventTriggered("event");
        ctx.writeAndFlush("rest");
        ctx.read();
      },
    });
    pipeline.addLast("C", recorder("C", log));
    log.length = 0;
    pipeline.replace("B", "X", recorder("X", log));
    expect(log).toEqual([
      "X.added",
      ...["X.read rest", "C.read rest", "X.readComplete", "C.readComplete", "X.event event", "C.event event"],
      ...["X.WRITE rest", "A.WRITE rest", "X.FLUSH", "A.FLUSH", "X.READ", "A.READ"],
    ]);
  });

  it("passes by a new handler that does not implement the event", () => {
    const { pipeline, log } = withRecorders("A");
    pipeline.addLast("B", {
      handlerRemoved: (ctx) => {
        ctx.fireChannelRead("rest");
        ctx.write("rest");
      },
    });
    pipeline.addLast("C", recorder("C", log));
    log.length = 0;
    pipeline.replace("B", "X", {});
    expect(log).toEqual(["C.read rest", "A.WRITE rest"]);
  });

  it("keeps the new handler's place when that one leaves at once", () => {
    const { pipeline, log } = withRecorders("A", "B", "C");
    log.length = 0;
    pipeline.replace("B", "X", {
      handlerAdded: () => {
        throw new Error("no");
      },
    });
    expect(pipeline.names()).toEqual(["A", "C"]);
    expect(log).toEqual(["A.caught HANDLER_LIFECYCLE_FAILED", "C.caught HANDLER_LIFECYCLE_FAILED", "B.removed"]);
  });
});

describe("a context whose handler has left", () => {
  it("passes on to its old neighbours and takes nothing itself", () => {
    const { pipeline, log } = withRecorders("A", "B", "C");
    const b = pipeline.context("B") as ChannelHandlerContext;
    pipeline.remove("B");
    log.length = 0;
    expect(b.isRemoved).toBe(true);
    b.fireChannelRead("r");
    b.fireUserEventTriggered("e");
    b.write("w");
    pipeline.fireChannelRead("s");
    expect(log).toEqual(["C.read r", "C.event e", "A.WRITE w", "A.read s", "C.read s"]);
  });

  it("finds its way although its neighbours have left after it", () => {
    const { channel, pipeline, log } = withRecorders("A", "B", "C", "D");
    const contexts = ["B", "C"].map((name) => pipeline.context(name) as ChannelHandlerContext);
    pipeline.remove("B");
    pipeline.remove("C");
    pipeline.remove("A");
    log.length = 0;
    for (const ctx of contexts) {
      ctx.fireChannelRead("r");
      ctx.fireChannelReadComplete();
      ctx.fireChannelWritabilityChanged();
      ctx.writeAndFlush("w");
      ctx.read();
    }
    expect(log).toEqual([
      ...["D.read r", "D.readComplete", "D.writable true"],
      ...["D.read r", "D.readComplete", "D.writable true"],
    ]);
    expect(channel.outboundMessages).toEqual(["w", "w"]);
  });

  it("passes errors of its own last call to the next handler", () => {
    const { channel, pipeline, log } = withRecorders("A");
    pipeline.addLast("B", {
      channelRead: (ctx) => {
        ctx.pipeline.remove("B");
        throw new Error("after leaving");
      },
      exceptionCaught: () => log.push("B.caught"),
    });
    pipeline.addLast("C", recorder("C", log));
    log.length = 0;
    expect(() => channel.writeInbound("r")).toThrow("after leaving");
    expect(log).toContain("C.caught after leaving");
    expect(log).not.toContain("B.caught");
  });
});
