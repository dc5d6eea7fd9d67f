import type { ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { recorder, setup } from "../../fixtures/idle-channel.js";
import { type IdleStateEvent, IdleStateHandler, type IdleStateHandlerOptions } from "../index.js";

const code = (expected: string) => expect.objectContaining({ code: expected });
const error = new Error("broken");

describe("IdleStateHandler options", () => {
  it("is off by default, and for 0 and negative times", () => {
    const { channel, clock, idle } = setup({ readerIdleMs: 0, writerIdleMs: -1, allIdleMs: Number.NEGATIVE_INFINITY });
    expect(clock.pending).toBe(0);
    expect(idle).toMatchObject({ readerIdleMs: 0, writerIdleMs: 0, allIdleMs: 0 });
    idle.resetReadTimeout();
    idle.resetWriteTimeout();
    channel.writeInbound("x");
    expect(channel.readInbound()).toBe("x");
    expect(new IdleStateHandler()).toMatchObject({ readerIdleMs: 0, writerIdleMs: 0, allIdleMs: 0 });
  });

  it("takes at least a millisecond", () => {
    const { clock, idle, events } = setup({ readerIdleMs: 0.01 });
    expect(idle.readerIdleMs).toBe(1);
    clock.advance(2);
    expect(events).toEqual(["1 READER_IDLE!", "2 READER_IDLE"]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (value) => {
    for (const name of ["readerIdleMs", "writerIdleMs", "allIdleMs"]) {
      expect(() => new IdleStateHandler({ [name]: value })).toThrow(code("INVALID_ARGUMENT"));
    }
  });

  it("implements only the events its options need", () => {
    const methods = ["channelRead", "channelReadComplete", "write"] as const;
    const implemented = (handler: IdleStateHandler) => methods.filter((name) => handler[name] !== undefined);
    expect(implemented(new IdleStateHandler())).toEqual([]);
    expect(implemented(new IdleStateHandler({ readerIdleMs: 1 }))).toEqual(["channelRead", "channelReadComplete"]);
    expect(implemented(new IdleStateHandler({ writerIdleMs: 1 }))).toEqual(["write"]);
    expect(implemented(new IdleStateHandler({ allIdleMs: 1 }))).toEqual(methods);
  });

  it("keeps the methods a subclass has overridden", () => {
    class Counting extends IdleStateHandler {
      reads = 0;
      override channelRead(ctx: ChannelHandlerContext, message: unknown) {
        this.reads++;
        super.channelRead(ctx, message);
      }
    }
    const counting = new Counting({ writerIdleMs: 10 });
    const channel = new EmbeddedChannel(counting);
    channel.writeInbound("a", "b");
    expect(counting.reads).toBe(2);
    expect(channel.inboundMessages).toEqual(["a", "b"]);
  });
});

describe("IdleStateHandler life", () => {
  it("starts when it is added to an active channel", () => {
    const clock = new ManualClock();
    const { events, handler } = recorder(clock);
    const channel = new EmbeddedChannel({ clock, handlers: [handler] });
    clock.advance(5);
    channel.pipeline.addFirst(new IdleStateHandler({ readerIdleMs: 10 }));
    clock.advance(10);
    expect(events).toEqual(["15 READER_IDLE!"]);
  });

  it("starts when the channel becomes active, and only once", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10 });
    clock.advance(5);
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(1);
    clock.advance(5);
    expect(events).toEqual(["10 READER_IDLE!"]);
  });

  it("passes active and inactive on, and stops when the channel becomes inactive", () => {
    const { channel, clock } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    const seen: string[] = [];
    channel.pipeline.addLast({
      channelActive: () => void seen.push("active"),
      channelInactive: () => void seen.push("inactive"),
    });
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(1);
    channel.pipeline.fireChannelInactive();
    expect(clock.pending).toBe(0);
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(0);
    expect(seen).toEqual(["active", "inactive", "active"]);
  });

  it("stops when it is removed", () => {
    const { channel, clock, idle } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    channel.pipeline.remove(idle);
    expect(clock.pending).toBe(0);
  });

  it("stops when the channel closes", () => {
    const { channel, clock } = setup({ readerIdleMs: 10, allIdleMs: 10 });
    channel.finish();
    expect(clock.pending).toBe(0);
  });

  it("stops when its own event removes it or closes the channel", () => {
    for (const end of ["remove", "close"] as const) {
      const clock = new ManualClock();
      let fired = 0;
      const channel = new EmbeddedChannel({
        clock,
        handlers: [
          new IdleStateHandler({ readerIdleMs: 10, allIdleMs: 10 }),
          {
            userEventTriggered(ctx: ChannelHandlerContext) {
              fired++;
              if (end === "remove") ctx.pipeline.remove(IdleStateHandler);
              else ctx.close();
            },
          },
        ],
      });
      clock.advance(100);
      channel.runPendingTasks();
      expect({ fired, pending: clock.pending }).toEqual({ fired: 1, pending: 0 });
    }
  });
});

describe("IdleStateHandler reads", () => {
  it("repeats each period; only the first event is a first one", () => {
    const { clock, events } = setup({ readerIdleMs: 10 });
    clock.advance(35);
    expect(events).toEqual(["10 READER_IDLE!", "20 READER_IDLE", "30 READER_IDLE"]);
  });

  it("starts over with each read, first included", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10 });
    clock.advance(25);
    channel.writeInbound("x");
    clock.advance(20);
    expect(events).toEqual(["10 READER_IDLE!", "20 READER_IDLE", "35 READER_IDLE!", "45 READER_IDLE"]);
  });

  it("counts from the end of the burst", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10 });
    channel.writeOneInbound("x");
    clock.advance(6);
    channel.flushInbound();
    clock.advance(9);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual(["16 READER_IDLE!"]);
  });

  it("fires no reader or all-idle event inside a burst, however long it takes", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10, writerIdleMs: 40, allIdleMs: 15 });
    channel.writeOneInbound("x");
    clock.advance(41);
    expect(events).toEqual(["40 WRITER_IDLE!"]);
    channel.flushInbound();
    clock.advance(15);
    expect(events).toEqual(["40 WRITER_IDLE!", "51 READER_IDLE!", "56 ALL_IDLE!"]);
  });

  it("re-arms for what is left, not for a whole period", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10 });
    clock.advance(9);
    channel.writeInbound("x");
    clock.advance(1);
    expect(clock.nextDeadline).toBe(19);
    clock.advance(9);
    expect(events).toEqual(["19 READER_IDLE!"]);
  });

  it("takes no notice of a burst without a read", () => {
    const { channel, clock, events } = setup({ readerIdleMs: 10 });
    clock.advance(5);
    channel.flushInbound();
    clock.advance(5);
    expect(events).toEqual(["10 READER_IDLE!"]);
  });

  it("takes no notice of writes", () => {
    const { clock, writes, events, write } = setup({ readerIdleMs: 10 });
    clock.advance(5);
    write();
    expect(writes.held).toEqual([undefined]);
    clock.advance(15);
    expect(events).toEqual(["10 READER_IDLE!", "20 READER_IDLE"]);
  });

  it("resetReadTimeout counts as the end of a burst, and leaves first alone", () => {
    const { channel, clock, idle, events } = setup({ readerIdleMs: 10 });
    clock.advance(15);
    idle.resetReadTimeout();
    clock.advance(10);
    expect(events).toEqual(["10 READER_IDLE!", "25 READER_IDLE"]);
    channel.writeOneInbound("x");
    idle.resetReadTimeout();
    clock.advance(10);
    expect(events.at(-1)).toBe("35 READER_IDLE!");
  });

  it("passes messages and burst ends on", () => {
    const { channel } = setup({ readerIdleMs: 10 });
    let ends = 0;
    channel.pipeline.addLast({ channelReadComplete: () => void ends++ });
    channel.writeInbound("a", "b");
    expect(channel.inboundMessages).toEqual(["a", "b"]);
    expect(ends).toBe(1);
  });
});

describe("IdleStateHandler writes", () => {
  it("counts from a write's completion, not from the write", () => {
    const { clock, writes, events, write } = setup({ writerIdleMs: 10 });
    clock.advance(4);
    write();
    clock.advance(7);
    expect(events).toEqual(["10 WRITER_IDLE!"]);
    writes.succeed();
    clock.advance(20);
    expect(events).toEqual(["10 WRITER_IDLE!", "21 WRITER_IDLE!", "31 WRITER_IDLE"]);
  });

  it("counts a failure like a success, and reports it, as nobody else will", () => {
    const { channel, clock, writes, events, write } = setup({ writerIdleMs: 10 });
    write();
    clock.advance(5);
    writes.fail(error);
    expect(() => channel.checkException()).toThrow(error);
    clock.advance(10);
    expect(events).toEqual(["15 WRITER_IDLE!"]);
  });

  it("counts what a handler throws as a failed write", () => {
    const { channel, clock, idle, events, write } = setup({ writerIdleMs: 10 });
    const throwing = {
      write() {
        throw error;
      },
    };
    clock.advance(5);
    channel.pipeline.addBefore(IdleStateHandler, throwing);
    write();
    expect(() => channel.checkException()).toThrow(error);
    clock.advance(10);
    expect(events).toEqual(["15 WRITER_IDLE!"]);
    channel.pipeline.remove(idle);
  });

  it("tells the completion a write came with", async () => {
    const { channel, clock, writes, events } = setup({ writerIdleMs: 10 });
    const [first, second] = [channel.write("a"), channel.write("b")];
    clock.advance(5);
    writes.succeed();
    expect([first.isSuccess, second.isDone]).toEqual([true, false]);
    writes.fail(error);
    expect(second.cause).toBe(error);
    await expect(second).rejects.toBe(error);
    clock.advance(10);
    expect(events).toEqual(["15 WRITER_IDLE!"]);
    channel.checkException();
  });

  it("does not keep the failure of a promise nobody listens to from being reported", async () => {
    const { channel, writes } = setup({ allIdleMs: 10 });
    channel.write("a");
    writes.fail(error);
    for (let job = 0; job < 20; job++) await Promise.resolve();
    expect(() => channel.checkException()).toThrow(error);
  });

  it("serves all writes without a completion with one object", () => {
    const { writes, write } = setup({ writerIdleMs: 10 });
    for (let i = 0; i < 3; i++) write();
    expect(writes.held[0]).toBeDefined();
    expect(new Set(writes.held).size).toBe(1);
  });

  it("still reports failures after it has been removed", () => {
    const { channel, writes, idle, write } = setup({ writerIdleMs: 10 });
    write();
    channel.pipeline.remove(idle);
    writes.fail(error);
    expect(() => channel.checkException()).toThrow(error);
  });

  it("has one timeout for all kinds, and schedules nothing per message", () => {
    const { channel, clock, writes, write } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    for (let i = 0; i < 100; i++) {
      channel.writeInbound(i);
      write();
      writes.succeed();
    }
    expect(clock.pending).toBe(1);
  });

  it("resetWriteTimeout counts as a completed write, and leaves first alone", () => {
    const { clock, idle, events } = setup({ writerIdleMs: 10 });
    clock.advance(15);
    idle.resetWriteTimeout();
    clock.advance(10);
    expect(events).toEqual(["10 WRITER_IDLE!", "25 WRITER_IDLE"]);
  });
});

describe("IdleStateHandler both ways", () => {
  it("counts ALL_IDLE from the later of read and write", () => {
    const { channel, clock, writes, events, write } = setup({ allIdleMs: 10 });
    write();
    clock.advance(5);
    channel.writeInbound("x");
    clock.advance(3);
    writes.succeed();
    clock.advance(4);
    channel.writeInbound("x");
    clock.advance(20);
    expect(events).toEqual(["22 ALL_IDLE!", "32 ALL_IDLE"]);
  });

  it("makes first events of both kinds again: reads for reader and all, writes for writer and all", () => {
    const { channel, clock, writes, events, write } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    clock.advance(10);
    expect(events.splice(0)).toEqual(["10 READER_IDLE!", "10 WRITER_IDLE!", "10 ALL_IDLE!"]);
    channel.writeInbound("x");
    clock.advance(10);
    expect(events.splice(0)).toEqual(["20 READER_IDLE!", "20 WRITER_IDLE", "20 ALL_IDLE!"]);
    write();
    writes.succeed();
    clock.advance(10);
    expect(events).toEqual(["30 READER_IDLE", "30 WRITER_IDLE!", "30 ALL_IDLE!"]);
  });
});

describe("IdleStateHandler spread", () => {
  /** What an embedded channel sees of a handler that draws `share`. */
  function drawn(share: number, options: IdleStateHandlerOptions) {
    return setup({ ...options, random: () => share });
  }

  it("makes all periods longer by the same share, drawn once, and never shorter", () => {
    const draws: number[] = [];
    const random = () => {
      draws.push(0.5);
      return 0.5;
    };
    const { clock, idle, events } = setup({ readerIdleMs: 100, writerIdleMs: 40, spread: 0.5, random });
    expect(idle).toMatchObject({ readerIdleMs: 125, writerIdleMs: 50, allIdleMs: 0 });
    clock.advance(130);
    expect(events).toEqual(["50 WRITER_IDLE!", "100 WRITER_IDLE", "125 READER_IDLE!"]);
    expect(draws).toEqual([0.5]);
  });

  it("spreads a fleet over the share, from the first arming on and after a common broadcast", () => {
    const fleet = [0, 0.25, 0.5, 0.999].map((share) => drawn(share, { allIdleMs: 1000, spread: 1 }));
    const times = () =>
      fleet.map(({ clock, events }) => {
        clock.advance(2000);
        return Number.parseInt(events.splice(0)[0] as string, 10);
      });
    expect(times()).toEqual([1000, 1250, 1500, 1999]);
    for (const { channel } of fleet) channel.writeInbound("news");
    expect(times()).toEqual([3000, 3250, 3500, 3999]);
  });

  it("is off by default, and then asks for no random number", () => {
    const random = () => expect.unreachable();
    expect(new IdleStateHandler({ readerIdleMs: 1.5, random }).readerIdleMs).toBe(1.5);
  });

  it("draws from Math.random unless told otherwise", () => {
    const times = new Set(
      Array.from({ length: 20 }, () => new IdleStateHandler({ readerIdleMs: 1e9, spread: 1 }).readerIdleMs),
    );
    expect(times.size).toBeGreaterThan(1);
    for (const time of times) expect(time >= 1e9 && time <= 2e9).toBe(true);
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses %d as a share, asked for or drawn", (share) => {
    expect(() => new IdleStateHandler({ spread: share })).toThrow(code("INVALID_ARGUMENT"));
    expect(() => new IdleStateHandler({ spread: 0.5, random: () => share })).toThrow(code("INVALID_ARGUMENT"));
  });
});

describe("IdleStateHandler.channelIdle", () => {
  it("may be overridden", () => {
    const seen: string[] = [];
    class Own extends IdleStateHandler {
      protected override channelIdle(_ctx: ChannelHandlerContext, event: IdleStateEvent) {
        seen.push(String(event));
      }
    }
    const channel = new EmbeddedChannel(new Own({ readerIdleMs: 10 }));
    channel.clock.advance(20);
    expect(seen).toEqual(["IdleStateEvent(READER_IDLE, first)", "IdleStateEvent(READER_IDLE)"]);
  });

  it.each([[error], ["a string"]])("hands what it throws to the handlers behind it: %s", (thrown) => {
    class Broken extends IdleStateHandler {
      protected override channelIdle(): void {
        throw thrown;
      }
    }
    const caught: unknown[] = [];
    const channel = new EmbeddedChannel(new Broken({ readerIdleMs: 10 }), {
      exceptionCaught: (_ctx, reason) => caught.push(reason),
    });
    channel.clock.advance(20);
    const expected = thrown === error ? error : expect.objectContaining({ code: "HANDLER_THREW", cause: thrown });
    expect(caught).toEqual([expected, expected]);
  });
});
