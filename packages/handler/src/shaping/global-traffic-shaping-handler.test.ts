import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelTrafficShapingHandler, GlobalTrafficShapingHandler, type TrafficShapingOptions } from "../index.js";

const bytes = (length: number) => ByteBuf.from(new Uint8Array(length));

/** Channels that share one limit; the log has `time name length` for what is sent, `time name read` for demand. */
function setup(count: number, options: TrafficShapingOptions) {
  const clock = new ManualClock();
  const log: string[] = [];
  const handler = new GlobalTrafficShapingHandler(options);
  const channels = Array.from({ length: count }, (_, i) => {
    const name = "abcdefgh"[i];
    return new EmbeddedChannel({
      clock,
      handlers: [
        {
          write: (ctx: ChannelHandlerContext, message: ByteBuf, completion) => {
            log.push(`${clock.now()} ${name} ${message.readableBytes}`);
            ctx.write(message, completion);
          },
          read: (ctx) => {
            log.push(`${clock.now()} ${name} read`);
            ctx.read();
          },
        },
        handler,
      ],
    });
  });
  log.length = 0;
  return { clock, log, handler, channels };
}

describe("writing", () => {
  it("bounds all channels together and gives each its turn", () => {
    const { clock, log, channels } = setup(3, { write: { perSecond: 1000, burst: 100 } });
    const [a, b, c] = channels as [EmbeddedChannel, EmbeddedChannel, EmbeddedChannel];
    for (let i = 0; i < 4; i++) a.write(bytes(50)); // of which two pass at once
    a.flush();
    b.writeAndFlush(bytes(50));
    c.writeAndFlush(bytes(50));
    clock.advance(1000);
    expect(log).toEqual(["0 a 50", "0 a 50", "50 a 50", "100 a 50", "150 b 50", "200 c 50"]);
    expect(clock.pending).toBe(0);
  });

  it("counts turns in bytes, so long messages get no more than short ones", () => {
    const { clock, log, channels } = setup(2, { write: { perSecond: 1000, burst: 100 } });
    const [long, short] = channels as [EmbeddedChannel, EmbeddedChannel];
    for (let i = 0; i < 20; i++) long.write(bytes(100));
    for (let i = 0; i < 200; i++) short.write(bytes(10));
    long.flush();
    short.flush();
    clock.advance(2000);
    const sum = (name: string) =>
      log.filter((line) => line.includes(` ${name} `)).reduce((sum, line) => sum + Number(line.split(" ")[2]), 0);
    expect(sum("a") + sum("b")).toBeGreaterThan(1900);
    // The first burst went to the first one.
    expect(Math.abs(sum("a") - 100 - sum("b"))).toBeLessThanOrEqual(110);
  });

  it("goes on without a channel that has left", () => {
    const { clock, log, channels, handler } = setup(2, { write: { perSecond: 1000, burst: 100 } });
    const [a, b] = channels as [EmbeddedChannel, EmbeddedChannel];
    for (let i = 0; i < 3; i++) a.write(bytes(100)).addListener(() => {});
    a.flush();
    b.writeAndFlush(bytes(100));
    a.closeForcibly();
    a.runPendingTasks();
    log.length = 0;
    clock.advance(1000);
    expect(log).toEqual(["100 b 100"]);
    expect([handler.traffic.heldWrites, clock.pending]).toEqual([0, 0]);
    b.pipeline.remove(handler);
    expect(new EmbeddedChannel(handler).isActive).toBe(true);
  });

  it("gives every channel its share however messages are cut", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(lengths, { minLength: 2, maxLength: 5 }), (channelLengths) => {
        const { clock, handler, channels } = setup(channelLengths.length, { write: { perSecond: 1000, burst: 1000 } });
        // All have more to send than there is time for.
        for (const [i, list] of channelLengths.entries()) {
          for (let sum = 0, k = 0; sum < 40_000; k++) {
            const length = list[k % list.length] as number;
            channels[i]?.write(bytes(length));
            sum += length;
          }
        }
        for (const channel of channels) channel.flush();
        const sentBefore = channels.map(sentBytes);
        clock.advance(60_000);
        const sent = channels.map((channel, i) => sentBytes(channel) - (sentBefore[i] as number));
        // A turn is 62.5 bytes here. Two that always have something to send are apart by two messages and a turn at most.
        expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(2 * 1000 + 63);
        expect(handler.traffic.heldWrites).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe("reading", () => {
  it("lets channels read in the order in which they came to wait, as far as their last bursts suggest", () => {
    const { clock, log, channels, handler } = setup(3, { read: { perSecond: 1000, burst: 100 } });
    for (const channel of channels) channel.writeInbound(bytes(100));
    expect([log, handler.traffic.pausedReads]).toEqual([["0 a read"], 2]);
    clock.advance(200);
    // Out of debt, but with nothing saved up: one at a time.
    expect(log).toEqual(["0 a read", "200 b read"]);
    channels[1]?.writeInbound(bytes(50));
    clock.advance(300);
    expect(log).toEqual(["0 a read", "200 b read", "250 c read", "260 b read"]);
    expect([handler.traffic.pausedReads, clock.pending]).toEqual([0, 0]);
  });

  it("does not wait for those that bring nothing", () => {
    const { clock, log, channels } = setup(3, { read: { perSecond: 1000, burst: 100 } });
    for (const channel of channels) channel.writeInbound(bytes(200));
    log.length = 0;
    clock.advance(600);
    expect(log).toEqual(["500 a read", "510 b read", "520 c read"]);
  });
});

it("stands beside a limit of each channel", () => {
  const { clock, channels, handler } = setup(2, { write: { perSecond: 1000, burst: 100 } });
  const own = channels.map(() => new ChannelTrafficShapingHandler({ write: { perSecond: 100, burst: 100 } }));
  for (const [i, channel] of channels.entries()) channel.pipeline.addLast(own[i] as ChannelTrafficShapingHandler);
  for (const channel of channels) {
    for (let i = 0; i < 4; i++) channel.write(bytes(100));
    channel.flush();
  }
  clock.advance(100);
  expect(channels.map(sentBytes)).toEqual([100, 100]);
  clock.advance(3000);
  expect(channels.map(sentBytes)).toEqual([400, 400]);
  expect([handler.traffic.heldWrites, own[0]?.traffic.written.total]).toEqual([0, 400]);
});

function sentBytes(channel: EmbeddedChannel): number {
  return channel.outboundMessages.reduce((sum: number, message) => sum + (message as ByteBuf).readableBytes, 0);
}
