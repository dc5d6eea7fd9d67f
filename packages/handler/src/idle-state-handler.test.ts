import { ByteBuf } from "@sluice/buffer";
import {
  Channel,
  type ChannelHandlerContext,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type Completion,
  type Connection,
} from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdleStateEvent, IdleStateHandler, type IdleStateHandlerOptions } from "./index.js";

/** A transport that takes writes and completes them when told to. */
class HeldWrites {
  readonly held: (Completion | undefined)[] = [];

  write(_ctx: ChannelHandlerContext, _message: unknown, completion: Completion | undefined): void {
    this.held.push(completion);
  }

  succeed(): void {
    this.held.shift()?.succeed();
  }

  fail(error: Error): void {
    this.held.shift()?.fail(error);
  }
}

/** Idle events as `time STATE`, first ones with an exclamation mark. */
function recorder(clock: ManualClock) {
  const events: string[] = [];
  const handler = {
    userEventTriggered(_ctx: ChannelHandlerContext, event: unknown) {
      expect(event).toBeInstanceOf(IdleStateEvent);
      const { state, first } = event as IdleStateEvent;
      events.push(`${clock.now()} ${state}${first ? "!" : ""}`);
    },
  };
  return { events, handler };
}

function setup(options: IdleStateHandlerOptions) {
  const clock = new ManualClock();
  const writes = new HeldWrites();
  const idle = new IdleStateHandler(options);
  const { events, handler } = recorder(clock);
  const channel = new EmbeddedChannel({ clock, handlers: [writes, idle, handler] });
  const write = () => channel.pipeline.write("x");
  return { channel, clock, writes, idle, events, write };
}

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

  it("does nothing before the channel is active", () => {
    const clock = new ManualClock();
    const connection = new SlowConnection();
    const channel = new Channel({ clock, createEnd: (signals) => connection.of(signals) });
    const { events, handler } = recorder(clock);
    const idle = new IdleStateHandler({ readerIdleMs: 10 });
    idle.resetReadTimeout();
    channel.pipeline.addLast(idle).addLast(handler);
    expect(clock.pending).toBe(0);
    clock.advance(100);
    connection.signals?.active();
    clock.advance(10);
    expect(events).toEqual(["110 READER_IDLE!"]);
  });

  it("passes active and inactive on, and stops when the channel becomes inactive", () => {
    const { channel, clock } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    const seen: string[] = [];
    channel.pipeline.addLast({
      channelActive: () => void seen.push("active"),
      channelInactive: () => void seen.push("inactive"),
    });
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(3);
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

  it("fires nothing while the channel is closing", () => {
    const clock = new ManualClock();
    const connection = new SlowConnection();
    const channel = new Channel<unknown, ByteBuf>({ clock, createEnd: (signals) => connection.of(signals) });
    const { events, handler } = recorder(clock);
    channel.pipeline.addLast(new IdleStateHandler({ readerIdleMs: 10 })).addLast(handler);
    connection.signals?.active();
    channel.writeAndFlush(ByteBuf.from("slow"));
    channel.close();
    expect(channel.isOpen).toBe(false);
    clock.advance(100);
    expect(events).toEqual([]);
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

  it("schedules nothing per message", () => {
    const { channel, clock, writes, write } = setup({ readerIdleMs: 10, writerIdleMs: 10, allIdleMs: 10 });
    for (let i = 0; i < 100; i++) {
      channel.writeInbound(i);
      write();
      writes.succeed();
    }
    expect(clock.pending).toBe(3);
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

/** A connection whose queue the test completes: `take` hands bytes to the network. */
class SlowConnection implements Connection {
  readonly localAddress = undefined;
  readonly remoteAddress = undefined;
  signals: ChannelSignals | undefined;
  #queue: ChannelOutboundBuffer | undefined;

  of(signals: ChannelSignals): this {
    this.signals = signals;
    return this;
  }
  take(messages: number): void {
    this.#queue?.succeed(messages);
  }
  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
  }
  accepts(): boolean {
    return true;
  }
  connect(): void {}
  read(): void {}
  setOption(): void {}
  shutdownOutput(): void {}
  close(): void {
    this.signals?.closed();
  }
  destroy(): void {
    this.signals?.closed();
  }
}

describe("IdleStateHandler observeOutput", () => {
  /** Writes may start behind the idle handler, where it sees them, or at the head's side of it, where it does not. */
  function slow(options: IdleStateHandlerOptions) {
    const clock = new ManualClock();
    const connection = new SlowConnection();
    const channel = new Channel<unknown, ByteBuf>({ clock, createEnd: (signals) => connection.of(signals) });
    const { events, handler } = recorder(clock);
    const idle = new IdleStateHandler(options);
    channel.pipeline.addLast(idle).addLast(handler);
    const head = channel.pipeline.context(idle) as ChannelHandlerContext;
    connection.signals?.active();
    return { clock, connection, channel, events, idle, head };
  }
  const bytes = ByteBuf.from("0123456789");

  it.each(["writerIdleMs", "allIdleMs"] as const)("%s: leaves out repeated events while the queue grows", (name) => {
    const { clock, channel, events } = slow({ [name]: 10, observeOutput: true });
    const state = name === "writerIdleMs" ? "WRITER_IDLE" : "ALL_IDLE";
    channel.pipeline.write(bytes);
    clock.advance(10);
    channel.pipeline.write(bytes);
    clock.advance(10);
    channel.pipeline.write(bytes);
    clock.advance(10);
    expect(events).toEqual([`10 ${state}!`]);
    clock.advance(10);
    expect(events).toEqual([`10 ${state}!`, `40 ${state}`]);
  });

  it("leaves out repeated events while messages it has not seen are being sent, and looks at their identity", () => {
    const { clock, connection, events, head } = slow({ writerIdleMs: 10, observeOutput: true });
    for (let i = 0; i < 3; i++) head.write(bytes.duplicate());
    head.flush();
    clock.advance(10);
    connection.take(1);
    // As many bytes as before: only the message tells.
    head.write(bytes.duplicate());
    head.flush();
    clock.advance(10);
    expect(events).toEqual(["10 WRITER_IDLE!"]);
    clock.advance(10);
    expect(events).toEqual(["10 WRITER_IDLE!", "30 WRITER_IDLE"]);
  });

  it("leaves out a repeated event after resetWriteTimeout", () => {
    const { clock, events, idle } = slow({ writerIdleMs: 10, observeOutput: true });
    clock.advance(15);
    idle.resetWriteTimeout();
    clock.advance(20);
    expect(events).toEqual(["10 WRITER_IDLE!", "35 WRITER_IDLE"]);
  });

  it("fires the first event of a silence although the output moves, and consumes first", () => {
    const { clock, connection, channel, events } = slow({ writerIdleMs: 10, observeOutput: true });
    for (let i = 0; i < 4; i++) channel.pipeline.write(bytes);
    channel.flush();
    clock.advance(5);
    connection.take(1);
    clock.advance(10);
    expect(events).toEqual(["15 WRITER_IDLE!"]);
    channel.pipeline.write(bytes);
    clock.advance(10);
    clock.advance(10);
    expect(events).toEqual(["15 WRITER_IDLE!", "35 WRITER_IDLE"]);
  });

  it("lets each kind compare with its own last look", () => {
    const { clock, channel, events } = slow({ writerIdleMs: 10, allIdleMs: 10, observeOutput: true });
    clock.advance(10);
    channel.pipeline.write(bytes);
    clock.advance(10);
    expect(events).toEqual(["10 WRITER_IDLE!", "10 ALL_IDLE!"]);
  });

  it("never applies to READER_IDLE, nor when it is off", () => {
    const { clock, channel, events } = slow({ readerIdleMs: 10, observeOutput: true });
    const off = slow({ writerIdleMs: 10 });
    for (let i = 0; i < 2; i++) {
      channel.pipeline.write(bytes);
      clock.advance(10);
      off.channel.pipeline.write(bytes);
      off.clock.advance(10);
    }
    expect(events).toEqual(["10 READER_IDLE!", "20 READER_IDLE"]);
    expect(off.events).toEqual(["10 WRITER_IDLE!", "20 WRITER_IDLE"]);
  });

  it("takes a completed write for the end of the silence, not for moving output", () => {
    const { clock, connection, channel, events } = slow({ writerIdleMs: 10, observeOutput: true });
    channel.pipeline.write(bytes);
    channel.flush();
    clock.advance(10);
    connection.take(1);
    clock.advance(20);
    expect(events).toEqual(["10 WRITER_IDLE!", "20 WRITER_IDLE!", "30 WRITER_IDLE"]);
  });
});

describe("IdleStateHandler against a model", () => {
  type Step =
    | { readonly do: "advance"; readonly ms: number }
    | { readonly do: "read" | "readComplete" | "write" | "promise" | "succeed" | "fail" | "resetRead" | "resetWrite" };

  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat(30) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "read" as const,
          "readComplete" as const,
          "write" as const,
          "promise" as const,
          "succeed" as const,
          "fail" as const,
          "resetRead" as const,
          "resetWrite" as const,
        ),
      }),
    },
  );
  const period = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }));

  /** Idle detection as one would explain it: every millisecond, ask for each kind how long it has been silent. */
  class Model {
    now = 0;
    readonly events: string[] = [];
    readonly #kinds;
    #reading = false;
    #read = 0;
    #write = 0;

    constructor(options: IdleStateHandlerOptions) {
      const { readerIdleMs = 0, writerIdleMs = 0, allIdleMs = 0 } = options;
      this.#kinds = [
        { state: "READER_IDLE", period: readerIdleMs, last: () => this.#read, reads: true, fired: 0, first: true },
        { state: "WRITER_IDLE", period: writerIdleMs, last: () => this.#write, reads: false, fired: 0, first: true },
        {
          state: "ALL_IDLE",
          period: allIdleMs,
          last: () => Math.max(this.#read, this.#write),
          reads: true,
          fired: 0,
          first: true,
        },
      ].filter((kind) => kind.period > 0);
    }

    advance(ms: number): void {
      for (let i = 0; i < ms; i++) {
        this.now++;
        for (const kind of this.#kinds) {
          if (kind.reads && this.#reading) continue;
          if (this.now - Math.max(kind.last(), kind.fired) < kind.period) continue;
          this.events.push(`${this.now} ${kind.state}${kind.first ? "!" : ""}`);
          kind.first = false;
          kind.fired = this.now;
        }
      }
    }

    read(): void {
      this.#reading = true;
      for (const kind of this.#kinds) if (kind.state !== "WRITER_IDLE") kind.first = true;
    }

    readComplete(): void {
      if (this.#reading) this.resetRead();
    }

    written(): void {
      this.resetWrite();
      for (const kind of this.#kinds) if (kind.state !== "READER_IDLE") kind.first = true;
    }

    resetRead(): void {
      this.#read = this.now;
      this.#reading = false;
    }

    resetWrite(): void {
      this.#write = this.now;
    }
  }

  it("fires the same events at the same times", () => {
    fc.assert(
      fc.property(period, period, period, fc.array(step, { maxLength: 60 }), (reader, writer, all, steps) => {
        const options = { readerIdleMs: reader, writerIdleMs: writer, allIdleMs: all };
        const { channel, clock, writes, idle, events, write } = setup(options);
        const model = new Model(options);
        for (const action of steps) {
          switch (action.do) {
            case "advance":
              clock.advance(action.ms);
              model.advance(action.ms);
              break;
            case "read":
              channel.writeOneInbound("x");
              model.read();
              break;
            case "readComplete":
              channel.pipeline.fireChannelReadComplete();
              model.readComplete();
              break;
            case "write":
              write();
              break;
            case "promise":
              channel.write("x").addListener(() => {});
              break;
            case "succeed":
            case "fail":
              if (writes.held.length > 0) model.written();
              if (action.do === "succeed") writes.succeed();
              else writes.fail(error);
              break;
            case "resetRead":
              idle.resetReadTimeout();
              model.resetRead();
              break;
            case "resetWrite":
              idle.resetWriteTimeout();
              model.resetWrite();
              break;
          }
        }
        // Kinds that fall due in the same millisecond fire in the order in which they were armed; no order is promised.
        expect(sorted(events)).toEqual(sorted(model.events));
        expect(clock.pending).toBe([reader, writer, all].filter((ms) => ms > 0).length);
      }),
    );
  });

  it("neither hangs nor fires early on a clock with fractions", () => {
    const ms = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(ms(1, 20), ms(0, 1e9), fc.array(ms(0, 30), { maxLength: 30 }), (readerIdleMs, startMs, gaps) => {
        const clock = new ManualClock({ startMs });
        let last = startMs;
        const channel = new EmbeddedChannel({
          clock,
          handlers: [
            new IdleStateHandler({ readerIdleMs }),
            {
              userEventTriggered() {
                expect(clock.now()).toBeGreaterThanOrEqual(last + readerIdleMs);
                last = clock.now();
              },
            },
          ],
        });
        for (const gap of gaps) {
          clock.advance(gap);
          channel.writeInbound("x");
          last = clock.now();
        }
        clock.advance(readerIdleMs * 3.5);
        expect(clock.now() - last).toBeLessThan(readerIdleMs);
      }),
    );
  });
});

function sorted(events: string[]): string[] {
  return [...events].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}
