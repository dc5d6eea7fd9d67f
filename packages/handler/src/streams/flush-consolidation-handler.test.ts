import type { ChannelHandlerContext } from "@sluice/core";
import { ChannelOption, WriteBufferWaterMark } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { FlushConsolidationHandler, type FlushConsolidationHandlerOptions } from "./flush-consolidation-handler.js";

/** A channel whose `log` has what passes the handler towards the transport. */
function scene(options?: FlushConsolidationHandlerOptions) {
  const log: string[] = [];
  const handler = new FlushConsolidationHandler(options);
  const channel = new EmbeddedChannel(
    {
      flush(ctx) {
        log.push("flush");
        ctx.flush();
      },
      close(ctx, completion) {
        log.push("close");
        ctx.close(completion);
      },
      disconnect(ctx, completion) {
        log.push("disconnect");
        ctx.disconnect(completion);
      },
      shutdownOutput(ctx, completion) {
        log.push("shutdownOutput");
        ctx.shutdownOutput(completion);
      },
    },
    handler,
    {
      channelReadComplete: (ctx) => {
        log.push("complete");
        ctx.fireChannelReadComplete();
      },
      exceptionCaught: () => log.push("caught"),
    },
  );
  return { channel, handler, log, saw: () => log.splice(0) };
}

/** In the middle of a burst, with so many flushes held back. */
function inBurst(flushes: number, options?: FlushConsolidationHandlerOptions) {
  const made = scene(options);
  made.channel.writeOneInbound("m");
  for (let i = 0; i < flushes; i++) made.channel.flush();
  expect(made.saw()).toEqual([]);
  return made;
}

describe("during a burst", () => {
  it("flushes are held back, and done once before its end is passed on", () => {
    const { channel, saw } = inBurst(5);
    channel.flushInbound();
    expect(saw()).toEqual(["flush", "complete"]);
  });

  it("no flush is no flush", () => {
    const { channel, saw } = inBurst(0);
    channel.flushInbound();
    expect(saw()).toEqual(["complete"]);
  });

  it.each([
    [undefined, 256],
    [3, 3],
    [1, 1],
  ])("limit %s: the %ith is done at once", (explicitFlushAfterFlushes, limit) => {
    const options = explicitFlushAfterFlushes === undefined ? {} : { explicitFlushAfterFlushes };
    const { channel, saw } = inBurst(limit - 1, options);
    channel.flush();
    expect(saw()).toEqual(["flush"]);
    for (let i = 0; i < limit - 1; i++) channel.flush();
    expect(saw()).toEqual([]);
  });

  it("a flush behind its end passes", () => {
    const { channel, saw } = inBurst(1);
    channel.flushInbound();
    saw();
    channel.flush();
    expect(saw()).toEqual(["flush"]);
  });

  it.each(["close", "disconnect", "shutdownOutput"] as const)("what is held back is done before %s", (operation) => {
    const { channel, saw } = inBurst(2);
    channel[operation]();
    expect(saw().slice(0, 2)).toEqual(["flush", operation]);
  });

  it("… before an error is passed on, which ends the burst", () => {
    const { channel, saw } = inBurst(2);
    channel.pipeline.fireExceptionCaught(new Error("x"));
    channel.flush();
    expect(saw()).toEqual(["flush", "caught", "flush"]);
  });

  it("… when the channel becomes unwritable, and the burst goes on", () => {
    const { channel, saw } = inBurst(1);
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(50, 100));
    channel.writeOneOutbound("enough to be too much");
    expect(saw()).toEqual(["flush"]);
    channel.flush();
    expect(saw()).toEqual([]);
  });

  it("… and when the handler is removed", () => {
    const { channel, handler, saw } = inBurst(2);
    channel.pipeline.remove(handler);
    expect(saw()).toEqual(["flush"]);
  });
});

describe("outside of bursts", () => {
  it("flushes pass", () => {
    const { channel, saw } = scene();
    channel.flush();
    channel.flush();
    expect(saw()).toEqual(["flush", "flush"]);
  });

  describe("with consolidateWhenNoReadInProgress", () => {
    const options = { consolidateWhenNoReadInProgress: true, explicitFlushAfterFlushes: 4 };

    it("they are one at the end of the job", () => {
      const { channel, saw } = scene(options);
      for (let i = 0; i < 3; i++) channel.flush();
      expect(saw()).toEqual([]);
      channel.runPendingTasks();
      expect(saw()).toEqual(["flush"]);
      channel.runPendingTasks();
      expect(saw()).toEqual([]);
    });

    it("the one that makes them many is done at once, and none follows", () => {
      const { channel, saw } = scene(options);
      for (let i = 0; i < 4; i++) channel.flush();
      expect(saw()).toEqual(["flush"]);
      channel.runPendingTasks();
      expect(saw()).toEqual([]);
    });

    it("a burst that begins meanwhile takes them over", () => {
      const { channel, saw } = scene(options);
      channel.flush();
      channel.pipeline.fireChannelRead("m");
      channel.runPendingTasks();
      expect(saw()).toEqual([]);
      channel.flushInbound();
      expect(saw()).toEqual(["flush", "complete"]);
    });

    it("close does not wait for the end of the job", () => {
      const { channel, saw } = scene(options);
      channel.flush();
      channel.close();
      expect(saw()).toEqual(["flush", "close"]);
    });
  });
});

it.each([0, -1, 0.5, Number.NaN])("cannot hold back %d flushes", (explicitFlushAfterFlushes) => {
  expect(() => new FlushConsolidationHandler({ explicitFlushAfterFlushes })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

it("sends in a burst what an echo writes with a flush for each message, in order", () => {
  const { channel, log } = scene();
  channel.pipeline.addLast({
    channelRead: (ctx: ChannelHandlerContext, message: unknown) => ctx.writeAndFlush(message),
  });
  const messages = Array.from({ length: 300 }, (_, i) => i);
  channel.writeInbound(...messages);
  expect(channel.outboundMessages).toEqual(messages);
  expect(log.filter((entry) => entry === "flush")).toHaveLength(2);
});
