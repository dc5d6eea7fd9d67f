/** Closing, flushing and writing from inside whatever the channel calls. */
import { describe, expect, it } from "vitest";
import { recorder, turn } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import { ChannelOption } from "./channel-option.js";
import type { Channel, ChannelHandler } from "./index.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

const code = (code: string) => expect.objectContaining({ code });

describe("closing from inside a callback", () => {
  const places: [string, (close: (channel: Channel) => void) => ChannelHandler, (scene: any) => void][] = [
    ["channelRead", (close) => ({ channelRead: (ctx) => close(ctx.channel) }), ({ end }) => end.delivers("m", "n")],
    [
      "channelReadComplete",
      (close) => ({ channelReadComplete: (ctx) => close(ctx.channel) }),
      ({ end }) => end.delivers("m"),
    ],
    [
      "userEventTriggered",
      (close) => ({ userEventTriggered: (ctx) => close(ctx.channel) }),
      ({ channel }) => channel.pipeline.fireUserEventTriggered("e"),
    ],
    [
      "exceptionCaught",
      (close) => ({ exceptionCaught: (ctx) => close(ctx.channel) }),
      ({ channel }) => channel.pipeline.fireExceptionCaught(new Error("x")),
    ],
    [
      "channelWritabilityChanged",
      (close) => ({ channelWritabilityChanged: (ctx) => close(ctx.channel) }),
      ({ channel }) => void channel.write("x").addListener(() => {}),
    ],
    [
      "handlerAdded",
      (close) => ({ channelRead: (ctx) => ctx.pipeline.addLast({ handlerAdded: () => close(ctx.channel) }) }),
      ({ end }) => end.delivers("m"),
    ],
    [
      "handlerRemoved",
      (close) => ({ handlerRemoved: (ctx) => close(ctx.channel) }),
      ({ channel }) => channel.pipeline.remove("handler#0"),
    ],
    ["read", (close) => ({ read: (ctx) => close(ctx.channel) }), ({ channel }) => channel.read()],
    [
      "write",
      (close) => ({
        write: (ctx, message, completion) => {
          close(ctx.channel);
          ctx.write(message, completion);
        },
      }),
      ({ channel }) => channel.writeAndFlush("m").addListener(() => {}),
    ],
    [
      "flush",
      (close) => ({
        flush: (ctx) => {
          close(ctx.channel);
          ctx.flush();
        },
      }),
      ({ channel }) => channel.writeAndFlush("m").addListener(() => {}),
    ],
    [
      "channelInactive",
      (close) => ({
        channelInactive: (ctx) => {
          close(ctx.channel);
          ctx.fireChannelInactive();
        },
      }),
      ({ end }) => end.signals.closed(),
    ],
  ];
  const ways: [string, (channel: Channel) => void][] = [
    ["close", (channel) => channel.close()],
    ["closeForcibly", (channel) => channel.closeForcibly()],
    [
      "both",
      (channel) => {
        channel.close();
        channel.closeForcibly();
        channel.close();
      },
    ],
  ];

  it.each(places)("%s", async (_name, handler, provoke) => {
    for (const [way, close] of ways) {
      const trace: string[] = [];
      let depth = 0;
      const nested: number[] = [];
      const scene = connected(
        handler((channel) => {
          depth++;
          close(channel);
          depth--;
        }),
        recorder("Z", trace, { channelInactive: () => nested.push(depth) }),
      );
      scene.channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(0, 10));
      provoke(scene);
      await scene.channel.closed;
      await turn();
      expect(nested, way).toEqual([0]);
      expect(
        trace.filter((entry) => entry === "Z.removed"),
        way,
      ).toHaveLength(1);
      expect(
        scene.log.filter((entry) => /^on (in|close)/.test(entry)),
        way,
      ).toEqual(["on inactive", expect.stringMatching(/^on close/)]);
      expect(scene.clock.pending, way).toBe(0);
      for (const verb of ["close", "destroy"]) {
        expect(scene.end.calls.filter((call) => call === verb).length, `${way} ${verb}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it("listeners of active, writability, error, inactive and close", async () => {
    for (const event of ["active", "writability", "error", "inactive", "close"] as const) {
      const { channel, end, log } = scripted();
      channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(0, 10));
      channel.on(event, () => channel.close());
      channel.connect({});
      end.signals.active();
      channel.write("x").addListener(() => {});
      channel.pipeline.fireExceptionCaught(new Error("x"));
      channel.close();
      await channel.closed;
      expect(
        end.calls.filter((call) => call === "close"),
        event,
      ).toHaveLength(1);
      expect(log.slice(-2), event).toEqual(["on inactive", expect.stringMatching(/^on close/)]);
    }
  });
});

describe("the queue calling back", () => {
  it("close inside a completion: the transport is not asked to send the same again", async () => {
    const { channel, end } = connected();
    const order: string[] = [];
    channel.write("a").addListener(() => {
      order.push("a");
      channel.close();
      order.push("closing");
    });
    channel.write("b").addListener(() => order.push("b"));
    channel.flush();
    channel.write("c").addListener((error: any) => order.push(`c ${error.code}`));
    end.saw();
    end.takes(2);
    expect(order).toEqual(["a", "c CHANNEL_CLOSED", "closing", "b"]);
    expect([end.sent, end.saw()]).toEqual([
      ["a", "b"],
      ["read", "close"],
    ]);
    await channel.closed;
  });

  it("close inside the last completion closes once", async () => {
    const { channel, end } = connected();
    channel.writeAndFlush("a").addListener(() => channel.close());
    end.takes();
    await channel.closed;
    expect(end.saw()).toEqual(["flush 1", "close"]);
  });

  it("closeForcibly inside a completion fails the others", async () => {
    const { channel, end } = connected();
    const results: string[] = [];
    channel.write("a").addListener(() => channel.closeForcibly());
    channel.write("b").addListener((error: any) => results.push(error?.code ?? "sent"));
    channel.flush();
    end.takes();
    await channel.closed;
    expect([results, end.saw()]).toEqual([["CHANNEL_CLOSED"], ["flush 2", "destroy"]]);
  });

  it("flush inside completions waits for their end and happens once", () => {
    const { channel, end } = connected();
    const again = () => channel.writeAndFlush("again").addListener(() => {});
    for (const message of ["a", "b", "c"]) channel.write(message).addListener(again);
    channel.flush();
    expect(end.saw()).toEqual(["flush 3"]);
    end.takes(2);
    // What the transport still has comes first.
    expect(end.saw()).toEqual(["flush 3"]);
    expect([0, 1, 2].map((i) => end.queue?.peek(i))).toEqual(["c", "again", "again"]);
  });

  it("flush inside flush is done by the outer one, without recursion", () => {
    const { channel, end } = connected();
    end.sendsAtOnce = true;
    let left = 20_000;
    const next = () => {
      if (left-- > 0) channel.pipeline.tail.writeAndFlush(left, channel.newPromise().addListener(next));
    };
    channel.pipeline.tail.writeAndFlush("first", channel.newPromise().addListener(next));
    expect([left, end.sent.length, end.queue?.length]).toEqual([-1, 20_001, 0]);
  });

  it("write and flush inside writabilityChanged keep the order", () => {
    let refills = 0;
    const { channel, end } = connected({
      channelWritabilityChanged: (ctx) => {
        while (ctx.channel.isWritable && refills < 5000) ctx.writeAndFlush(`refill ${refills++}`);
      },
    });
    end.sendsAtOnce = true;
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(150, 300));
    end.sendsAtOnce = false;
    for (const message of ["a", "b", "c"]) channel.writeAndFlush(message);
    expect(channel.isWritable).toBe(false);
    end.takes(2);
    while ((end.queue?.flushedLength ?? 0) > 0) end.takes(1);
    expect(end.sent.slice(0, 4)).toEqual(["a", "b", "c", "refill 0"]);
    expect(end.sent.slice(3)).toEqual(Array.from({ length: 5000 }, (_, i) => `refill ${i}`));
  });

  it("close inside writabilityChanged loses nothing that was flushed", async () => {
    const { channel, end } = connected({ channelWritabilityChanged: (ctx) => ctx.close() });
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(100, 250));
    const first = channel.writeAndFlush("a");
    const second = channel.writeAndFlush("b");
    const third = channel.write("c");
    await expect(third).rejects.toEqual(code("CHANNEL_CLOSED"));
    end.takes();
    await channel.closed;
    expect([first.isSuccess, second.isSuccess, end.sent]).toEqual([true, true, ["a", "b"]]);
  });
});
