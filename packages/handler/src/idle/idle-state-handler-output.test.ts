import { ByteBuf } from "@sluice/buffer";
import {
  Channel,
  type ChannelHandlerContext,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type Connection,
} from "@sluice/core";
import { ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { recorder } from "../../fixtures/idle-channel.js";
import { IdleStateHandler, type IdleStateHandlerOptions } from "../index.js";

/** A connection whose queue the test completes: `take` hands bytes to the network. */
class SlowConnection implements Connection {
  readonly localAddress = undefined;
  readonly remoteAddress = undefined;
  signals: ChannelSignals | undefined;
  /** Of what is under way; not known to every transport. */
  unsentBytes: number | undefined;
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

describe("IdleStateHandler on a transport", () => {
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

  it("leaves out repeated events while a single message is taken bit by bit, if the transport can tell", () => {
    const { clock, connection, channel, events } = slow({ writerIdleMs: 10, observeOutput: true });
    channel.pipeline.write(bytes);
    channel.flush();
    for (const unsent of [10, 7, 4, 1]) {
      connection.unsentBytes = unsent;
      clock.advance(10);
    }
    expect(events).toEqual(["10 WRITER_IDLE!"]);
    clock.advance(10);
    expect(events).toEqual(["10 WRITER_IDLE!", "50 WRITER_IDLE"]);
    connection.take(1);
    connection.unsentBytes = 0;
    clock.advance(10);
    expect(events.at(-1)).toBe("60 WRITER_IDLE!");
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
