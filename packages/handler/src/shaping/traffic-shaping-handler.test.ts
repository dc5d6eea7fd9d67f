import { ByteBuf } from "@sluice/buffer";
import { ChannelOption, type Completion, WriteBufferWaterMark } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelTrafficShapingHandler, GlobalTrafficShapingHandler, type TrafficShapingOptions } from "../index.js";

const bytes = (length: number) => ByteBuf.from(new Uint8Array(length));
const RATE = { perSecond: 1000, burst: 100 };

/** One channel, with a log of what is sent and what becomes of writes. */
function setup(options: TrafficShapingOptions, clock = new ManualClock()) {
  const log: string[] = [];
  const reads: number[] = [];
  const handler = new ChannelTrafficShapingHandler(options);
  const channel = new EmbeddedChannel({
    clock,
    handlers: [
      {
        read: (ctx) => {
          reads.push(clock.now());
          ctx.read();
        },
      },
      handler,
      { channelWritabilityChanged: (ctx) => log.push(`${clock.now()} writable ${ctx.channel.isWritable}`) },
    ],
  });
  reads.length = 0;
  const noting = (name: string): Completion => ({
    succeed: () => log.push(`${clock.now()} ${name}`),
    fail: (error) => log.push(`${clock.now()} ${name} ${(error as { code?: string }).code}`),
  });
  const write = (name: string, length: number) => channel.pipeline.write(bytes(length), noting(name));
  const sent = () => channel.outboundMessages.splice(0).map((message) => (message as ByteBuf).readableBytes);
  return { channel, clock, handler, log, reads, write, sent };
}

describe("writing", () => {
  it("passes what the bucket holds at once, and the rest in order when it is time", () => {
    const { channel, clock, log, write, sent } = setup({ write: RATE });
    for (const name of ["a", "b", "c", "d"]) write(name, 50);
    channel.flush();
    expect([sent(), log.splice(0)]).toEqual([
      [50, 50],
      ["0 a", "0 b"],
    ]);
    clock.advance(49);
    expect(sent()).toEqual([]);
    clock.advance(1000);
    expect([sent(), log]).toEqual([
      [50, 50],
      ["50 c", "100 d"],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("sends only what has been flushed", () => {
    const { channel, clock, write, sent } = setup({ write: RATE });
    for (const length of [100, 10]) write(`${length}`, length);
    channel.flush();
    write("20", 20);
    clock.advance(1000);
    expect(sent()).toEqual([100, 10]);
    channel.flush();
    expect(sent()).toEqual([20]);
  });

  it("lets nothing overtake, not even what counts for nothing", () => {
    const { channel, clock, sent } = setup({ write: RATE });
    channel.write(bytes(100));
    channel.write(bytes(60));
    channel.writeAndFlush("text");
    channel.writeAndFlush(bytes(1));
    expect(channel.outboundMessages.splice(0)).toHaveLength(1);
    clock.advance(60);
    expect(channel.outboundMessages.splice(0)).toEqual([expect.any(ByteBuf), "text"]);
    clock.advance(1);
    expect(sent()).toEqual([1]);
  });

  it("sends a message longer than the burst from a full bucket, and pays it off", () => {
    const { channel, clock, write, sent } = setup({ write: RATE });
    write("long", 1000);
    write("next", 1);
    channel.flush();
    expect(sent()).toEqual([1000]);
    clock.advance(900);
    expect(sent()).toEqual([]);
    clock.advance(1);
    expect(sent()).toEqual([1]);
  });

  it("counts what it holds towards the channel's writability and hard cap", () => {
    const { channel, clock, log, write } = setup({ write: RATE });
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(300, 500));
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, 1000);
    write("a", 100);
    channel.flush();
    for (const name of ["b", "c", "d", "e", "f", "g"]) write(name, 104);
    channel.flush();
    expect(log.splice(0)).toEqual(["0 a", "0 writable false", "0 g OUTBOUND_BUFFER_FULL"]);
    expect(channel.bytesBeforeWritable).toBe(1000 - 300 + 1);
    clock.advance(1000);
    expect(log).toEqual(["100 b", "204 c", "308 d", "412 e", "412 writable true", "516 f"]);
    expect(channel.engine.queue.pendingBytes).toBe(0);
  });

  it("does not flap while it hands over many at once", () => {
    const { channel, clock, log, write } = setup({ write: { perSecond: 1000, burst: 1000 } });
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(100, 200));
    write("a", 1000);
    channel.flush();
    for (const name of ["b", "c"]) write(name, 500);
    channel.flush();
    clock.advance(1000);
    expect(log.filter((line) => line.includes("writable"))).toEqual([
      "0 writable false",
      "0 writable true",
      "0 writable false",
      "1000 writable true",
    ]);
  });
});

describe("the end", () => {
  it("passes on what waits when the channel closes: flushed writes are sent, others fail, each ends once", () => {
    const { channel, clock, log, write, sent } = setup({ write: RATE });
    for (const name of ["a", "b", "c"]) write(name, 100);
    channel.flush();
    write("d", 100);
    log.length = 0;
    channel.close();
    channel.runPendingTasks();
    expect(sent()).toEqual([100, 100, 100]);
    expect(log.sort()).toEqual(["0 b", "0 c", "0 d CHANNEL_CLOSED"]);
    expect([clock.pending, channel.isOpen]).toEqual([0, false]);
  });

  it("fails what waits when the connection is lost", () => {
    const { channel, log, write, handler } = setup({ write: RATE });
    for (const name of ["a", "b", "c"]) write(name, 100);
    channel.flush();
    log.length = 0;
    channel.closeForcibly();
    channel.runPendingTasks();
    expect(log).toEqual(["0 b CHANNEL_CLOSED", "0 c CHANNEL_CLOSED"]);
    expect(handler.traffic).toMatchObject({ heldWrites: 0, heldBytes: 0 });
  });

  it("tells the pipeline of writes that nobody awaits", () => {
    const { channel } = setup({ write: RATE });
    for (let i = 0; i < 3; i++) channel.pipeline.write(bytes(100));
    channel.flush();
    channel.closeForcibly();
    channel.runPendingTasks();
    expect(() => channel.checkException()).toThrow(expect.objectContaining({ code: "CHANNEL_CLOSED" }));
  });

  it("passes on what waits when the handler leaves, flushed or not as it was", () => {
    const { channel, clock, handler, log, write, sent } = setup({ write: RATE });
    for (const name of ["a", "b"]) write(name, 100);
    channel.flush();
    write("c", 100);
    channel.pipeline.remove(handler);
    expect([sent(), clock.pending]).toEqual([[100, 100], 0]);
    channel.flush();
    expect([sent(), log]).toEqual([[100], ["0 a", "0 b", "0 c"]]);
    expect(channel.engine.queue.pendingBytes).toBe(0);
  });

  it("passes on what waits when the output is shut down, and goes on limiting input", () => {
    const { channel, clock, log, write, sent, reads } = setup({ write: RATE, read: RATE });
    for (const name of ["a", "b"]) write(name, 100);
    channel.flush();
    write("c", 1);
    channel.shutdownOutput();
    channel.runPendingTasks();
    expect([sent(), log]).toEqual([
      [100, 100],
      ["0 a", "0 b", "0 c OUTPUT_SHUTDOWN"],
    ]);
    channel.writeInbound(bytes(200));
    expect(reads).toEqual([]);
    clock.advance(1000);
    expect(reads).toEqual([100]);
  });
});

describe("reading", () => {
  it("asks for no more until what was read is paid for", () => {
    const { channel, clock, reads, handler } = setup({ read: RATE });
    channel.writeInbound(bytes(60), bytes(40));
    expect(reads).toEqual([0]);
    channel.writeInbound(bytes(250));
    expect([reads, channel.inboundMessages.length, channel.autoRead]).toEqual([[0], 3, true]);
    expect(handler.traffic.pausedReads).toBe(1);
    clock.advance(1000);
    expect([reads, handler.traffic.pausedReads, clock.pending]).toEqual([[0, 250], 0, 0]);
  });

  it("leaves the demand of those who pull to them", () => {
    const { channel, clock, reads } = setup({ read: RATE });
    channel.autoRead = false;
    channel.writeInbound(bytes(300));
    clock.advance(1000);
    expect(reads).toEqual([]);
    channel.writeInbound(bytes(300));
    channel.read().read();
    clock.advance(199);
    expect(reads).toEqual([]);
    clock.advance(1);
    expect(reads).toEqual([1200]);
    clock.advance(1000);
    expect(reads).toEqual([1200]);
  });

  it("passes on the demand that waits when the handler leaves", () => {
    const { channel, clock, reads, handler } = setup({ read: RATE });
    channel.writeInbound(bytes(300));
    channel.pipeline.remove(handler);
    expect([reads, clock.pending]).toEqual([[0], 0]);
    channel.writeInbound(bytes(300));
    expect(reads).toEqual([0, 0]);
  });

  it("limits messages when it is told to count them", () => {
    const { channel, clock, reads } = setup({ read: { perSecond: 2, burst: 3 }, sizeOf: () => 1 });
    channel.writeInbound("a", "b", "c");
    channel.writeInbound("d");
    clock.advance(499);
    expect(reads).toEqual([0]);
    clock.advance(1);
    expect(reads).toEqual([0, 500]);
  });
});

describe("counters", () => {
  it("tell what passed, in all and per interval, and what was delayed", () => {
    const { channel, clock, handler, write } = setup({ write: RATE, read: RATE, intervalMs: 100 });
    write("a", 100);
    write("b", 50);
    write("c", 10);
    channel.flush();
    channel.writeInbound(bytes(140));
    expect(handler.traffic).toEqual({
      read: { total: 140, thisInterval: 140, lastInterval: 0, perSecond: 0, delays: 1, delayMs: 0 },
      written: { total: 100, thisInterval: 100, lastInterval: 0, perSecond: 0, delays: 2, delayMs: 0 },
      heldWrites: 2,
      heldBytes: 60,
      pausedReads: 1,
    });
    clock.advance(100);
    expect(handler.traffic).toEqual({
      read: { total: 140, thisInterval: 0, lastInterval: 140, perSecond: 1400, delays: 1, delayMs: 40 },
      written: { total: 160, thisInterval: 0, lastInterval: 160, perSecond: 1600, delays: 2, delayMs: 110 },
      heldWrites: 0,
      heldBytes: 0,
      pausedReads: 0,
    });
    clock.advance(250);
    expect(handler.traffic.read).toMatchObject({ total: 140, thisInterval: 0, lastInterval: 0, perSecond: 0 });
  });

  it("count without limits as well", () => {
    const { channel, handler } = setup({});
    channel.writeOutbound(bytes(5_000_000));
    channel.writeInbound(bytes(7));
    expect([handler.traffic.written.total, handler.traffic.read.total]).toEqual([5_000_000, 7]);
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])("refuse an interval of %s", (intervalMs) => {
    expect(() => new ChannelTrafficShapingHandler({ intervalMs })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

describe("any sequence of writes, flushes and time", () => {
  const step = fc.oneof(
    fc.record({ write: fc.integer({ min: 0, max: 150 }) }),
    fc.record({ advance: fc.nat(200) }),
    fc.constant("flush" as const),
  );
  it("keeps the order, the rate and the accounts", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, together) => {
        const clock = new ManualClock();
        const sent: { at: number; message: ByteBuf }[] = [];
        const handler = together
          ? new GlobalTrafficShapingHandler({ write: RATE })
          : new ChannelTrafficShapingHandler({ write: RATE });
        const channel = new EmbeddedChannel({
          clock,
          handlers: [
            {
              write: (ctx, message, completion) => {
                sent.push({ at: clock.now(), message });
                ctx.write(message, completion);
              },
            },
            handler,
          ],
        });
        const written: ByteBuf[] = [];
        let ended = 0;
        for (const step of steps) {
          if (step === "flush") channel.flush();
          else if ("advance" in step) clock.advance(step.advance);
          else {
            const message = bytes(step.write);
            written.push(message);
            channel.write(message).addListener(() => ended++);
          }
        }
        for (const [from, { at: begin }] of sent.entries()) {
          let sum = 0;
          for (const { at, message } of sent.slice(from)) {
            sum += message.readableBytes;
            // One message may be longer than the burst.
            expect(sum).toBeLessThanOrEqual(150 + (at - begin) + 1e-3);
          }
        }
        expect(handler.traffic.heldWrites).toBe(written.length - sent.length);
        channel.close();
        channel.runPendingTasks();
        expect(sent.map(({ message }) => message)).toEqual(written.slice(0, sent.length));
        expect([ended, channel.engine.queue.pendingBytes, clock.pending]).toEqual([written.length, 0, 0]);
      }),
    );
  });
});

describe("sizeOf", () => {
  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number])(
    "that says %s fails the write and stops nothing else",
    (size) => {
      let next = size;
      const { channel, write, log, sent } = setup({ write: RATE, sizeOf: () => next });
      write("full", 1);
      next = 200;
      write("large", 1);
      channel.flush();
      expect([sent(), log.splice(0)]).toEqual([[1], ["0 full INVALID_ARGUMENT", "0 large"]]);
      next = size;
      write("behind", 1);
      channel.flush();
      expect([sent(), log]).toEqual([[], ["0 behind INVALID_ARGUMENT"]]);
    },
  );

  it("that is wrong for what arrives is told, and what arrives passes", () => {
    const errors: Error[] = [];
    const channel = new EmbeddedChannel(new ChannelTrafficShapingHandler({ read: RATE, sizeOf: () => Number.NaN }), {
      exceptionCaught: (_ctx, error) => void errors.push(error),
    });
    channel.writeInbound("a");
    expect([errors, channel.readInbound()]).toEqual([
      [expect.objectContaining({ code: "INVALID_ARGUMENT" })],
      undefined,
    ]);
    expect(channel.isOpen).toBe(true);
  });
});
