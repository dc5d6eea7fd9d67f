import { describe, expect, it } from "vitest";
import { recorder } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import { ChannelInboundHandler } from "./channel-inbound-handler.js";
import { EmbeddedChannel } from "./embedded/index.js";
import type { ChannelHandler, ChannelHandlerContext } from "./index.js";
import { PassThroughHandler } from "./pass-through-handler.js";

class Plain extends PassThroughHandler {}
class Special extends Plain {}

const code = (code: string) => expect.objectContaining({ code });

/** An embedded channel with recorders of the given names, added under these names. */
function withRecorders(...names: string[]) {
  const log: string[] = [];
  const channel = new EmbeddedChannel();
  for (const name of names) channel.pipeline.addLast(name, recorder(name, log));
  return { channel, pipeline: channel.pipeline, log };
}

describe("order and names", () => {
  it("adds first, last, before and after, keeping the order of a list", () => {
    const { pipeline } = withRecorders("b", "e");
    pipeline.addFirst("a1", new Plain(), "a2", new Plain());
    pipeline.addBefore("e", "c", new Plain(), "d", new Plain());
    pipeline.addAfter("e", "f", new Plain(), "g", new Plain());
    pipeline.addLast("h", new Plain());
    expect(pipeline.names()).toEqual(["a1", "a2", "b", "c", "d", "e", "f", "g", "h"]);
  });

  it("makes names of classes and numbers, filling gaps", () => {
    const { pipeline } = withRecorders();
    pipeline.addLast(new Plain(), new Plain(), new Special(), {});
    expect(pipeline.names()).toEqual(["Plain#0", "Plain#1", "Special#0", "handler#0"]);
    pipeline.remove("Plain#0");
    pipeline.addLast(new Plain(), Object.create(null), new (class extends PassThroughHandler {})());
    expect(pipeline.names()).toEqual(["Plain#1", "Special#0", "handler#0", "Plain#0", "handler#1", "handler#2"]);
  });

  it("refuses a name that is taken, and the names of the ends", () => {
    const { pipeline } = withRecorders("a");
    for (const name of ["a", "head", "tail"]) {
      expect(() => pipeline.addLast(name, new Plain())).toThrow(code("DUPLICATE_HANDLER_NAME"));
    }
    const handler = new Plain();
    expect(() => pipeline.addFirst("a", handler)).toThrow(code("DUPLICATE_HANDLER_NAME"));
    // It has not been added: another name will do.
    pipeline.addFirst("b", handler);
    expect(pipeline.names()).toEqual(["b", "a"]);
  });

  it("refuses what is no handler", () => {
    const { pipeline } = withRecorders();
    for (const args of [["name"], [42], [null], [undefined], [() => {}], [new Plain(), "name"]] as any[]) {
      expect(() => pipeline.addFirst(...args)).toThrow(code("INVALID_ARGUMENT"));
    }
  });
});

describe("lookup", () => {
  it("takes a name, a handler or a class, also of a base", () => {
    const { pipeline } = withRecorders();
    const special = new Special();
    const plain = new Plain();
    pipeline.addLast("special", special).addLast("plain", plain);
    expect(pipeline.get("special")).toBe(special);
    expect(pipeline.get(Special)).toBe(special);
    expect(pipeline.get(Plain)).toBe(special);
    expect(pipeline.context(plain)?.name).toBe("plain");
    expect([pipeline.get("nobody"), pipeline.get(ChannelInboundHandler), pipeline.context("head")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("says what it looked for and what there was", () => {
    const { pipeline } = withRecorders("a", "b");
    expect(() => pipeline.remove("c")).toThrow('no handler "c" in [a, b]');
    expect(() => pipeline.remove(Plain)).toThrow("no handler Plain in [a, b]");
    expect(() => pipeline.replace(new Plain(), new Plain())).toThrow(code("HANDLER_NOT_FOUND"));
    expect(() => pipeline.addBefore({}, new Plain())).toThrow(code("HANDLER_NOT_FOUND"));
    expect(() => pipeline.addAfter("c", new Plain())).toThrow(code("HANDLER_NOT_FOUND"));
  });
});

describe("traces", () => {
  it("construction, with reading asked for from the tail", () => {
    const log: string[] = [];
    new EmbeddedChannel(recorder("A", log), recorder("B", log));
    expect(log).toEqual(["A.added", "B.added", "A.active", "B.active", "B.READ", "A.READ"]);
  });

  it("a read burst, after which reading is asked for again", () => {
    const { channel, log } = withRecorders("A", "B");
    log.length = 0;
    channel.writeInbound("x", "y");
    expect(log).toEqual([
      ...["A.read x", "B.read x", "A.read y", "B.read y"],
      ...["A.readComplete", "B.readComplete", "B.READ", "A.READ"],
    ]);
  });

  it("writing from the channel, from the pipeline and from a context", () => {
    const { channel, pipeline, log } = withRecorders("A", "B", "C");
    log.length = 0;
    channel.write("1");
    channel.flush();
    expect(log.splice(0)).toEqual(["C.WRITE 1", "B.WRITE 1", "A.WRITE 1", "C.FLUSH", "B.FLUSH", "A.FLUSH"]);
    pipeline.write("2");
    pipeline.flush();
    expect(log.splice(0)).toEqual(["C.WRITE 2", "B.WRITE 2", "A.WRITE 2", "C.FLUSH", "B.FLUSH", "A.FLUSH"]);
    const b = pipeline.context("B") as ChannelHandlerContext;
    b.writeAndFlush("3");
    expect(log.splice(0)).toEqual(["A.WRITE 3", "A.FLUSH"]);
    b.fireChannelRead("4");
    expect(log).toEqual(["C.read 4"]);
    expect(channel.outboundMessages).toEqual(["1", "2", "3"]);
  });

  it("a close: the operation, the event, the removal from tail to head", () => {
    const { channel, log } = withRecorders("A", "B");
    log.length = 0;
    channel.close();
    expect(log).toEqual(["B.CLOSE", "A.CLOSE"]);
    channel.runPendingTasks();
    expect(log.slice(2)).toEqual(["A.inactive", "B.inactive", "B.removed", "A.removed"]);
    expect(channel.pipeline.names()).toEqual([]);
  });

  it("every operation and event there is", () => {
    const { channel, pipeline, log } = withRecorders("A", "B");
    log.length = 0;
    pipeline.fireChannelActive();
    pipeline.fireChannelWritabilityChanged();
    pipeline.fireUserEventTriggered("e");
    pipeline.fireExceptionCaught(new Error("x"));
    pipeline.fireChannelReadComplete();
    pipeline.fireChannelInactive();
    expect(log.splice(0)).toEqual(
      ["active", "writable true", "event e", "caught x", "readComplete", "inactive"].flatMap((event) => [
        `A.${event}`,
        `B.${event}`,
      ]),
    );
    channel.bind({}).addListener(() => {});
    channel.connect({}).addListener(() => {});
    channel.read();
    channel.shutdownOutput();
    channel.disconnect();
    expect(log).toEqual(["BIND", "CONNECT", "READ", "SHUTDOWN", "DISCONNECT"].flatMap((op) => [`B.${op}`, `A.${op}`]));
  });

  it("knows neither registered nor unregistered", () => {
    const seen: string[] = [];
    const handler: any = { channelRegistered: () => seen.push("r"), channelUnregistered: () => seen.push("u") };
    new EmbeddedChannel(handler).finish();
    expect(seen).toEqual([]);
  });
});

describe("steps over handlers", () => {
  it("that do not implement the event", () => {
    const log: string[] = [];
    const inbound: ChannelHandler = {
      channelRead: (ctx, message) => {
        log.push(`in ${message}`);
        ctx.fireChannelRead(message);
      },
    };
    const outbound: ChannelHandler = {
      write: (ctx, message, completion) => {
        log.push(`out ${message}`);
        ctx.write(message, completion);
      },
    };
    const channel = new EmbeddedChannel(inbound, outbound, {}, { ...inbound }, { ...outbound });
    channel.writeInbound("r");
    channel.writeOutbound("w");
    expect(log).toEqual(["in r", "in r", "out w", "out w"]);
  });

  it("whose methods come from a class, a base class or the object itself", () => {
    const log: string[] = [];
    class Base extends PassThroughHandler {
      override channelRead(ctx: ChannelHandlerContext, message: unknown) {
        log.push(`base ${message}`);
        ctx.fireChannelRead(message);
      }
    }
    class Derived extends Base {
      override flush = (ctx: ChannelHandlerContext) => {
        log.push("derived flush");
        ctx.flush();
      };
    }
    // The same class once with and once without an own method.
    const own = Object.assign(new Base(), {
      write: (ctx: ChannelHandlerContext, message: unknown) => {
        log.push(`own ${message}`);
        ctx.write(message);
      },
    });
    const channel = new EmbeddedChannel(new Base(), own, new Base(), new Derived());
    channel.writeInbound("r");
    channel.writeOutbound("w");
    expect(log).toEqual(["base r", "base r", "base r", "base r", "own w", "derived flush"]);
  });

  it("at which an event ends when they do not pass it on", () => {
    const { channel, pipeline, log } = withRecorders("A");
    pipeline.addLast({ channelRead: () => {}, write: () => {} });
    pipeline.addLast("B", recorder("B", log));
    log.length = 0;
    channel.writeInbound("r");
    channel.write("w");
    expect(log.filter((entry) => /read r|WRITE/.test(entry))).toEqual(["A.read r", "B.WRITE w"]);
  });
});

describe("sharing", () => {
  it("lets a handler be added once in its life unless it is sharable", () => {
    const handler = new Plain();
    const { pipeline } = withRecorders();
    pipeline.addLast(handler);
    pipeline.remove(handler);
    expect(() => pipeline.addLast(handler)).toThrow(code("HANDLER_NOT_SHARABLE"));
    expect(() => new EmbeddedChannel(handler)).toThrow("this Plain has been added before");
    const literal: ChannelHandler = Object.create(null);
    pipeline.addLast(literal);
    expect(() => pipeline.addLast(literal)).toThrow(code("HANDLER_NOT_SHARABLE"));
  });

  it("knows a copy of a handler from the handler", () => {
    const handler: ChannelHandler = { channelRead: () => {} };
    const { pipeline } = withRecorders();
    pipeline
      .addLast(handler)
      .addLast({ ...handler })
      .addLast(Object.create(handler))
      .addLast(Object.freeze({}));
    expect(pipeline.names()).toHaveLength(4);
    const frozen = Object.freeze({});
    pipeline.addLast(frozen);
    expect(() => pipeline.addLast(frozen)).toThrow(code("HANDLER_NOT_SHARABLE"));
  });

  it("lets a sharable one be added often, also to one pipeline", () => {
    const log: string[] = [];
    const handler = { ...recorder("S", log), sharable: true };
    const { channel, pipeline } = withRecorders();
    pipeline.addLast(handler, handler);
    new EmbeddedChannel(handler);
    log.length = 0;
    channel.writeOneInbound("r");
    expect(log).toEqual(["S.read r", "S.read r"]);
  });
});

describe("the tail", () => {
  it("closes the channel with an error nobody handled, and emits it", async () => {
    const { channel, end, log } = connected();
    const error = new Error("nobody's");
    channel.pipeline.fireExceptionCaught(error);
    await channel.closed;
    expect(log).toEqual(["on error nobody's", "on inactive", "on close nobody's"]);
    expect([channel.closeCause, end.saw()]).toEqual([error, ["close"]]);
  });

  it("drops events nobody took", () => {
    const { channel, log } = connected();
    channel.pipeline.fireUserEventTriggered({});
    channel.pipeline.fireChannelWritabilityChanged();
    expect([log, channel.isActive]).toEqual([[], true]);
  });
});

describe("a channel before it is connected", () => {
  it("calls handlerAdded at once and no event before active", () => {
    const log: string[] = [];
    const { channel, end } = scripted(recorder("A", log));
    expect(log).toEqual(["A.added"]);
    channel.connect({});
    expect(log).toEqual(["A.added", "A.CONNECT"]);
    end.signals.active();
    expect(log.slice(2)).toEqual(["A.active", "A.READ"]);
  });
});
