import { Channel, type ChannelHandlerContext, type Completion, type Connection } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WriteTimeoutHandler } from "../index.js";

/** Completes writes when told to, in any order. */
class HeldWrites {
  readonly held: Completion[] = [];

  write(_ctx: ChannelHandlerContext, _message: unknown, completion: Completion | undefined): void {
    if (completion === undefined) throw new Error("the write is not watched");
    this.held.push(completion);
  }

  take(index = 0): Completion {
    return this.held.splice(index, 1)[0] as Completion;
  }
}

function setup(timeoutMs = 30) {
  const writes = new HeldWrites();
  const handler = new WriteTimeoutHandler(timeoutMs);
  const channel = new EmbeddedChannel(writes, handler);
  return { channel, clock: channel.clock, writes, handler, write: () => channel.pipeline.write("x") };
}

const code = (expected: string) => expect.objectContaining({ code: expected });
const writeTimeout = expect.objectContaining({ code: "WRITE_TIMEOUT", severity: "fatal", limit: 30 });
const error = new Error("broken");

describe("WriteTimeoutHandler", () => {
  it("raises WRITE_TIMEOUT, closes the channel, and the write fails because of the close", () => {
    const channel = new EmbeddedChannel(new WriteTimeoutHandler(30));
    const seen: unknown[] = [];
    channel.pipeline.addLast({ exceptionCaught: (_ctx, reason) => void seen.push(reason) });
    const write = channel.write("x").addListener((reason) => seen.push(reason));
    channel.clock.advance(29);
    expect([channel.isOpen, write.isDone]).toEqual([true, false]);
    channel.clock.advance(1);
    expect(channel.isOpen).toBe(false);
    expect(seen).toEqual([writeTimeout, code("CHANNEL_CLOSED")]);
  });

  it("does not try to send what is queued: everything fails at once", () => {
    let destroyed = 0;
    const stuck: Omit<Connection, "localAddress" | "remoteAddress"> = {
      connect: () => {},
      read: () => {},
      accepts: () => true,
      flush: () => {},
      setOption: () => {},
      shutdownOutput: () => {},
      close: () => {},
      destroy: () => destroyed++,
    };
    const clock = new ManualClock();
    const createEnd = () => ({ ...stuck, localAddress: undefined, remoteAddress: undefined });
    const channel = new Channel<unknown, string>({ clock, createEnd });
    channel.pipeline.addLast(new WriteTimeoutHandler(30));
    channel.on("error", () => {});
    channel.engine.active();
    const flushed = channel.writeAndFlush("flushed").addListener(() => {});
    const queued = channel.write("queued").addListener(() => {});
    clock.advance(30);
    expect([flushed.isDone, flushed.isSuccess]).toEqual([true, false]);
    expect(queued.cause).toEqual(code("CHANNEL_CLOSED"));
    expect(channel.closeCause).toEqual(writeTimeout);
    expect(destroyed).toBe(1);
  });

  it("counts from the write, not from the flush, and not from activity of others", () => {
    const { channel, clock, writes, write } = setup();
    write();
    clock.advance(20);
    channel.flush();
    write();
    writes.take(1).succeed();
    clock.advance(10);
    expect(channel.isOpen).toBe(false);
    expect(() => channel.checkException()).toThrow(writeTimeout);
  });

  it("is content with writes that complete in time, either way", () => {
    const { channel, clock, writes } = setup();
    for (let i = 0; i < 10; i++) {
      const write = channel.write("x").addListener(() => {});
      clock.advance(29);
      if (i % 2 === 0) writes.take().succeed();
      else writes.take().fail(error);
      expect([write.isSuccess, write.cause]).toEqual(i % 2 === 0 ? [true, undefined] : [false, error]);
    }
    clock.advance(100);
    expect(channel.isOpen).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("goes by the oldest write that is left", () => {
    const { channel, clock, writes, write } = setup();
    write();
    clock.advance(10);
    write();
    clock.advance(10);
    write();
    writes.take(0).succeed();
    writes.take(0).succeed();
    clock.advance(29);
    expect(channel.isOpen).toBe(true);
    clock.advance(1);
    expect(channel.isOpen).toBe(false);
  });

  it("does not let one late write hide behind others that complete", () => {
    const { channel, clock, writes, write } = setup();
    write();
    for (let i = 0; i < 6; i++) {
      write();
      clock.advance(5);
      writes.take(1).succeed();
    }
    expect(clock.now()).toBe(30);
    expect(channel.isOpen).toBe(false);
  });

  it("raises the error once, however many writes are late, and closes even if somebody handles it", () => {
    const caught: unknown[] = [];
    let closes = 0;
    const channel = new EmbeddedChannel(new HeldWrites(), { close: () => closes++ }, new WriteTimeoutHandler(30), {
      exceptionCaught: (_ctx, reason) => caught.push(reason),
    });
    for (let i = 0; i < 3; i++) channel.pipeline.write(i);
    channel.clock.advance(10);
    channel.pipeline.write(3);
    channel.clock.advance(100);
    expect(caught).toEqual([writeTimeout]);
    expect(closes).toBe(1);
  });

  it("reports the failure of a write without a completion", () => {
    const { channel, writes, write } = setup();
    write();
    writes.take().fail(error);
    expect(() => channel.checkException()).toThrow(error);
  });

  it("does not keep the failure of a promise nobody listens to from being reported", async () => {
    const { channel, writes } = setup();
    channel.write("x");
    writes.take().fail(error);
    for (let job = 0; job < 20; job++) await Promise.resolve();
    expect(() => channel.checkException()).toThrow(error);
  });

  it("uses one timeout for any number of writes", () => {
    const { clock, writes, write } = setup();
    for (let i = 0; i < 100; i++) write();
    expect(clock.pending).toBe(1);
    while (writes.held.length > 0) writes.take().succeed();
    clock.advance(30);
    expect(clock.pending).toBe(0);
    write();
    expect(clock.nextDeadline).toBe(60);
  });

  it("forgets everything when it is removed; completions still learn how their writes ended", () => {
    const { channel, clock, writes, handler } = setup();
    const first = channel.write("x");
    const second = channel.write("x").addListener(() => {});
    channel.pipeline.remove(handler);
    expect(clock.pending).toBe(0);
    clock.advance(100);
    expect(channel.isOpen).toBe(true);
    writes.take().succeed();
    writes.take().fail(error);
    expect([first.isSuccess, second.cause]).toEqual([true, error]);
  });

  it("may be removed by what handles its error", () => {
    const channel = new EmbeddedChannel(new HeldWrites(), new WriteTimeoutHandler(30), {
      exceptionCaught: (ctx: ChannelHandlerContext) => ctx.pipeline.remove(WriteTimeoutHandler),
    });
    channel.pipeline.write("x");
    channel.clock.advance(10);
    channel.pipeline.write("x");
    channel.clock.advance(20);
    expect(channel.clock.pending).toBe(0);
    expect(channel.isOpen).toBe(false);
  });

  it("asks a subclass for each late write, and hands what that throws to exceptionCaught", () => {
    const caught: unknown[] = [];
    class Strict extends WriteTimeoutHandler {
      protected override writeTimedOut(): void {
        throw error;
      }
    }
    const channel = new EmbeddedChannel(new HeldWrites(), new Strict(30), {
      exceptionCaught: (_ctx, reason) => caught.push(reason),
    });
    channel.pipeline.write("x");
    channel.pipeline.write("x");
    channel.clock.advance(10);
    channel.pipeline.write("x");
    channel.clock.advance(100);
    expect(caught).toEqual([error, error, error]);
  });

  it("fails a write that cannot be timed", () => {
    const { channel, clock, writes } = setup();
    clock.schedule = () => {
      throw error;
    };
    const write = channel.write("x").addListener(() => {});
    expect(write.cause).toBe(error);
    expect(writes.held).toEqual([]);
  });

  it("is off for 0 and less, takes at least a millisecond, and refuses NaN", () => {
    for (const timeoutMs of [0, -5]) {
      const handler = new WriteTimeoutHandler(timeoutMs);
      expect(handler.timeoutMs).toBe(0);
      expect(handler.write).toBeUndefined();
    }
    expect(new WriteTimeoutHandler(0.1).timeoutMs).toBe(1);
    expect(() => new WriteTimeoutHandler(Number.NaN)).toThrow(code("INVALID_ARGUMENT"));
  });

  it("works for a subclass that overrides write while it is off", () => {
    class Own extends WriteTimeoutHandler {
      override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
        super.write(ctx, `${message}!`, completion);
      }
    }
    const channel = new EmbeddedChannel(new Own(0));
    channel.writeOutbound("x");
    expect(channel.readOutbound()).toBe("x!");
    expect(channel.clock.pending).toBe(0);
  });

  it("closes when, and only when, the oldest pending write is as old as the timeout", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("advance" as const), n: fc.nat(20) }),
      fc.record({ do: fc.constant("write" as const), n: fc.constant(0) }),
      fc.record({ do: fc.constant("complete" as const), n: fc.nat(1000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { channel, clock, writes, write } = setup();
        const startedAt: number[] = [];
        for (const { do: action, n } of steps) {
          if (action === "advance") {
            const late = Math.min(...startedAt) + 30;
            clock.advance(n);
            expect(channel.isOpen).toBe(late > clock.now());
            if (!channel.isOpen) return;
          } else if (action === "write") {
            write();
            startedAt.push(clock.now());
          } else if (startedAt.length > 0) {
            const index = n % startedAt.length;
            startedAt.splice(index, 1);
            writes.take(index).succeed();
          }
        }
      }),
    );
  });
});
