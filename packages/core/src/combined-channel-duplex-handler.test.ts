import { describe, expect, it } from "vitest";
import { recorder } from "../fixtures/recorder.js";
import { ChannelInboundHandler } from "./channel-inbound-handler.js";
import { ChannelOutboundHandler } from "./channel-outbound-handler.js";
import { CombinedChannelDuplexHandler } from "./combined-channel-duplex-handler.js";
import { EmbeddedChannel } from "./embedded/index.js";
import { EVENT } from "./handler-events.js";
import { HandlerRole } from "./handler-role.js";
import type { ChannelHandler, ChannelHandlerContext } from "./index.js";

const INBOUND = [
  "channelActive",
  "channelRead",
  "channelReadComplete",
  "channelWritabilityChanged",
  "userEventTriggered",
  "channelInactive",
] as const;
const OUTBOUND = ["bind", "connect", "disconnect", "read", "write", "flush", "shutdownOutput", "close"] as const;

function setup(overrides: { inbound?: ChannelHandler; outbound?: ChannelHandler } = {}) {
  const log: string[] = [];
  const inbound = pick(recorder("in", log), [...INBOUND, "exceptionCaught"], overrides.inbound);
  const outbound = pick(recorder("out", log), OUTBOUND, overrides.outbound);
  const combined = new CombinedChannelDuplexHandler(inbound as any, outbound as any);
  const before = recorder("before", log);
  const after = recorder("after", log);
  const channel = new EmbeddedChannel();
  channel.pipeline.addLast("before", before).addLast("combined", combined).addLast("after", after);
  const added = log.splice(0);
  return { channel, combined, log, added };
}

function pick(handler: ChannelHandler, names: readonly (keyof ChannelHandler)[], overrides: ChannelHandler = {}) {
  const all = ["handlerAdded", "handlerRemoved", ...names] as (keyof ChannelHandler)[];
  return { ...Object.fromEntries(all.map((name) => [name, handler[name]])), ...overrides };
}

describe("CombinedChannelDuplexHandler", () => {
  it("adds the inbound part first and removes both with itself", () => {
    const { channel, log, added } = setup();
    expect(added).toEqual(["before.added", "in.added", "out.added", "after.added"]);
    channel.pipeline.remove("combined");
    expect(log).toEqual(["in.removed", "out.removed"]);
  });

  it("gives each event to its part", () => {
    const { channel, log } = setup();
    channel.writeInbound("m");
    channel.pipeline.fireUserEventTriggered("e");
    expect(log.splice(0)).toEqual([
      ...["before.read m", "in.read m", "after.read m"],
      ...["before.readComplete", "in.readComplete", "after.readComplete"],
      ...["after.READ", "out.READ", "before.READ"],
      ...["before.event e", "in.event e", "after.event e"],
    ]);
    channel.writeOutbound("m");
    channel.shutdownOutput();
    channel.runPendingTasks();
    expect(log.splice(0)).toEqual([
      ...["after.WRITE m", "out.WRITE m", "before.WRITE m", "after.FLUSH", "out.FLUSH", "before.FLUSH"],
      ...["after.SHUTDOWN", "out.SHUTDOWN", "before.SHUTDOWN"],
      ...["before", "in", "after"].map((name) => `${name}.event ChannelOutputShutdownEvent`),
    ]);
    channel.finish();
    expect(log).toEqual([
      ...["after.CLOSE", "out.CLOSE", "before.CLOSE", "before.inactive", "in.inactive", "after.inactive"],
      ...["after.removed", "in.removed", "out.removed", "before.removed"],
    ]);
  });

  it("lets the parts reach their neighbours, not each other", () => {
    const contexts: ChannelHandlerContext[] = [];
    const keep = (ctx: ChannelHandlerContext) => contexts.push(ctx);
    const { channel, log } = setup({ inbound: { handlerAdded: keep }, outbound: { handlerAdded: keep } });
    for (const ctx of contexts) {
      expect([ctx.name, ctx.channel, ctx.pipeline, ctx.isRemoved]).toEqual([
        "combined",
        channel,
        channel.pipeline,
        false,
      ]);
      ctx.writeAndFlush("w");
      ctx.fireChannelRead("r");
      ctx.fireChannelReadComplete();
      ctx.read();
      expect(log.splice(0)).toEqual([
        ...["before.WRITE w", "before.FLUSH", "after.read r", "after.readComplete", "before.READ"],
      ]);
    }
    // They follow what happens around them.
    channel.pipeline.remove("before");
    channel.pipeline.addAfter("combined", "next", recorder("next", log));
    log.length = 0;
    contexts[0]?.write("w");
    contexts[1]?.fireChannelRead("r");
    expect(log).toEqual(["next.read r", "after.read r"]);
    channel.pipeline.remove("combined");
    expect(contexts.map((ctx) => ctx.isRemoved)).toEqual([true, true]);
    contexts[0]?.fireChannelRead("late");
    expect(channel.inboundMessages).toContain("late");
  });

  it("takes one part out and lets its events pass", () => {
    const { channel, combined, log } = setup();
    combined.removeInboundHandler();
    combined.removeInboundHandler();
    expect(log.splice(0)).toEqual(["in.removed"]);
    channel.writeInbound("m");
    channel.writeOutbound("m");
    expect(log.filter((entry) => entry.startsWith("in"))).toEqual([]);
    expect(log).toEqual(expect.arrayContaining(["before.read m", "after.read m", "out.WRITE m"]));
    combined.removeOutboundHandler();
    log.length = 0;
    channel.writeOutbound("m");
    expect(log).toEqual(["after.WRITE m", "before.WRITE m", "after.FLUSH", "before.FLUSH"]);
    log.length = 0;
    channel.pipeline.remove(combined);
    expect(log).toEqual([]);
    expect(channel.pipeline.names()).toEqual(["before", "after"]);
  });

  it("passes every event by a part that is gone", () => {
    const { channel, combined, log } = setup();
    combined.removeInboundHandler();
    combined.removeOutboundHandler();
    log.length = 0;
    const { pipeline } = channel;
    pipeline.fireChannelActive();
    pipeline.fireChannelWritabilityChanged();
    pipeline.fireUserEventTriggered("e");
    pipeline.fireExceptionCaught(new Error("x"));
    channel.bind({}).addListener(() => {});
    channel.connect({}).addListener(() => {});
    channel.shutdownOutput();
    channel.disconnect();
    channel.runPendingTasks();
    for (const entry of ["active", "writable true", "event e", "caught x", "inactive"]) {
      expect(log).toEqual(expect.arrayContaining([`before.${entry}`, `after.${entry}`]));
    }
    for (const entry of ["BIND", "CONNECT", "SHUTDOWN", "DISCONNECT"]) {
      expect(log).toEqual(expect.arrayContaining([`after.${entry}`, `before.${entry}`]));
    }
    expect(log.filter((entry) => /^(in|out)\./.test(entry))).toEqual([]);
  });

  it("shows errors to the inbound part, then to the outbound part, then on", () => {
    const log: string[] = [];
    const outbound = pick(recorder("out", log), ["write", "exceptionCaught"]);
    const combined = new CombinedChannelDuplexHandler(
      pick(recorder("in", log), ["channelRead", "exceptionCaught"], {
        channelRead: () => {
          throw new Error("from read");
        },
      }) as any,
      outbound as any,
    );
    const channel = new EmbeddedChannel(combined, recorder("after", log));
    log.length = 0;
    expect(() => channel.writeInbound("m")).toThrow("from read");
    expect(log.filter((entry) => entry.includes("caught"))).toEqual([
      "in.caught from read",
      "out.caught from read",
      "after.caught from read",
    ]);
    combined.removeInboundHandler();
    log.length = 0;
    channel.pipeline.fireExceptionCaught(new Error("x"));
    expect(log).toEqual(["out.caught x", "after.caught x"]);
    combined.removeOutboundHandler();
    log.length = 0;
    channel.pipeline.fireExceptionCaught(new Error("y"));
    expect(log).toEqual(["after.caught y"]);
  });

  it("fails the channel when a part's exceptionCaught throws", () => {
    const throwing = (): ChannelHandler => ({
      exceptionCaught: () => {
        throw new Error("again");
      },
    });
    const passing: ChannelHandler = { exceptionCaught: (ctx, error) => ctx.fireExceptionCaught(error) };
    for (const [inbound, outbound] of [
      [throwing(), {}],
      [passing, throwing()],
    ]) {
      const channel = new EmbeddedChannel(new CombinedChannelDuplexHandler(inbound as any, outbound as any));
      channel.pipeline.fireExceptionCaught(new Error("first"));
      expect(() => channel.checkException()).toThrow("again");
    }
  });

  it("implements only what its parts implement", () => {
    class Decoder extends ChannelInboundHandler<string, string> {
      override channelRead(ctx: ChannelHandlerContext, message: string) {
        ctx.fireChannelRead(message);
      }
    }
    class Encoder extends ChannelOutboundHandler<string, string> {
      override write(ctx: ChannelHandlerContext, message: string) {
        ctx.write(message);
      }
    }
    class Silent extends ChannelOutboundHandler<string, string> {}
    expect(HandlerRole.of(new CombinedChannelDuplexHandler(new Decoder(), new Encoder()), "a").events).toBe(
      EVENT.channelRead | EVENT.write,
    );
    expect(HandlerRole.of(new CombinedChannelDuplexHandler(new Decoder(), new Silent()), "a").events).toBe(
      EVENT.channelRead,
    );
  });

  it("leaves a subclass its own methods", () => {
    const log: string[] = [];
    class Own extends CombinedChannelDuplexHandler {
      override channelRead(_ctx: ChannelHandlerContext, message: unknown) {
        log.push(`own.read ${message}`);
      }
    }
    const channel = new EmbeddedChannel(
      new Own(pick(recorder("in", log), ["channelRead"]) as any, pick(recorder("out", log), ["write"]) as any),
    );
    channel.writeInbound("m");
    channel.writeOutbound("m");
    expect(log).toEqual(["in.added", "out.added", "own.read m", "out.WRITE m"]);
  });

  it("refuses parts that look the other way", () => {
    const both: any = { channelRead: () => {}, write: () => {} };
    expect(() => new CombinedChannelDuplexHandler(both, {} as any)).toThrow("inbound part has a method write");
    expect(() => new CombinedChannelDuplexHandler({} as any, both)).toThrow("outbound part has a method channelRead");
    const combined = new CombinedChannelDuplexHandler({} as any, {} as any);
    expect(() => combined.removeInboundHandler()).toThrow("has not been added");
    expect(() => combined.removeOutboundHandler()).toThrow("has not been added");
  });

  it("belongs to one pipeline, and so do its parts", () => {
    const { channel, combined, log } = setup();
    Object.assign(combined, { sharable: true });
    const other = new EmbeddedChannel();
    other.pipeline.addLast(combined as any);
    expect(() => other.checkException()).toThrow("handlerAdded of");
    expect(log).toEqual([]);
    channel.writeInbound("still there");
    expect(log).toContain("in.read still there");

    const part: any = pick(recorder("part", log), ["channelRead"]);
    new EmbeddedChannel(new CombinedChannelDuplexHandler(part, {} as any));
    const second = new EmbeddedChannel(new CombinedChannelDuplexHandler(part, {} as any) as any);
    expect(() => second.checkException()).toThrow("handlerAdded of");
    expect(second.pipeline.names()).toEqual([]);
  });

  it("calls both parts although one throws while coming or going", () => {
    const boom = () => {
      throw new Error("boom");
    };
    const failing = setup({ inbound: { handlerAdded: boom } });
    expect(failing.added).toEqual([
      "before.added",
      "out.added",
      "in.removed",
      "out.removed",
      "before.caught HANDLER_LIFECYCLE_FAILED",
      "after.added",
    ]);
    const leaving = setup({ inbound: { handlerRemoved: boom } });
    leaving.channel.pipeline.remove("combined");
    expect(leaving.log).toEqual([
      "out.removed",
      "before.caught HANDLER_LIFECYCLE_FAILED",
      "after.caught HANDLER_LIFECYCLE_FAILED",
    ]);
    const part = setup({ outbound: { handlerRemoved: boom } });
    part.combined.removeOutboundHandler();
    expect(part.log).toEqual([
      "before.caught HANDLER_LIFECYCLE_FAILED",
      "in.caught HANDLER_LIFECYCLE_FAILED",
      "after.caught HANDLER_LIFECYCLE_FAILED",
    ]);
  });
});
