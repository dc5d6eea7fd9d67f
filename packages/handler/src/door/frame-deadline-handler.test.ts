import { SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler, ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameDeadlineHandler, type FrameDeadlineHandlerOptions } from "../index.js";

/** Frames end in a dot. Stands for any decoder: this package does not know those of the codec package. */
class Dots extends ChannelInboundHandler<string, string> {
  #kept = "";

  get isMidFrame(): boolean {
    return this.#kept !== "";
  }

  get unreadBytes(): number {
    return this.#kept.length;
  }

  override channelRead(ctx: ChannelHandlerContext<string>, text: string): void {
    const frames = (this.#kept + text).split(".");
    this.#kept = frames.pop() as string;
    for (const frame of frames) ctx.fireChannelRead(frame);
  }
}

/** A clock that can be late. */
class StallingClock extends ManualClock {
  #lateMs = 0;

  override now(): number {
    return super.now() + this.#lateMs;
  }

  /** Lets `dueMs` pass, but what is due then runs `lateMs` later, behind everything else. */
  stall(dueMs: number, lateMs: number): void {
    this.#lateMs = lateMs;
    this.advance(dueMs);
    this.#lateMs = 0;
    this.advance(lateMs);
  }
}

function setup(options: Omit<FrameDeadlineHandlerOptions, "framer">, knowsFramer = true) {
  const clock = new StallingClock();
  const framer = new Dots();
  const errors: string[] = [];
  const handler = new FrameDeadlineHandler(knowsFramer ? { framer, ...options } : options);
  const channel = new EmbeddedChannel({
    clock,
    handlers: [
      framer,
      handler,
      { exceptionCaught: (_ctx, error) => errors.push(`${clock.now()} ${(error as SluiceError).code}`) },
    ],
  });
  return { channel, clock, handler, errors };
}

describe("FrameDeadlineHandler", () => {
  it("ends a peer that sends a byte now and then", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 10_000 });
    clock.advance(60_000);
    for (let i = 0; i < 5 && channel.isOpen; i++) {
      channel.writeInbound("x");
      clock.advance(4000);
    }
    channel.runPendingTasks();
    expect(errors).toEqual(["70000 FRAME_TIMEOUT"]);
    expect([channel.isOpen, clock.pending]).toEqual([false, 0]);
  });

  it("says what was allowed and how much came", () => {
    const { clock, ...channels } = setup({ timeoutMs: 100 });
    const seen: unknown[] = [];
    channels.channel.pipeline.addLast({ exceptionCaught: () => {} });
    channels.channel.pipeline.addAfter(FrameDeadlineHandler, {
      exceptionCaught: (_ctx: ChannelHandlerContext, error: Error) => seen.push(error),
    });
    channels.channel.writeInbound("done.abc");
    clock.advance(100);
    expect(seen).toEqual([expect.objectContaining({ code: "FRAME_TIMEOUT", length: 3, limit: 100 })]);
    expect(seen[0]).toBeInstanceOf(SluiceError);
  });

  it("times each frame anew, and silence between frames not at all", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100 });
    channel.writeInbound("a");
    clock.advance(90);
    channel.writeInbound("b.c");
    clock.advance(90);
    channel.writeInbound("d.");
    expect([errors, channel.isOpen]).toEqual([[], true]);
    clock.advance(100_000);
    channel.writeInbound("e");
    clock.advance(99);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["100280 FRAME_TIMEOUT"]);
  });

  it("allows long frames more time as their bytes come", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100, minBytesPerSecond: 100 });
    channel.writeInbound("x".repeat(10));
    for (let i = 0; i < 20; i++) {
      clock.advance(50);
      channel.writeInbound("x".repeat(5));
    }
    expect([clock.now(), errors]).toEqual([1000, []]);
    // 110 bytes: 1100 ms and 100 ms more.
    clock.advance(199);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["1200 FRAME_TIMEOUT"]);
  });

  it("does not time what nobody asks for", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100 });
    channel.autoRead = false;
    channel.writeInbound("a.b");
    clock.advance(1000);
    channel.read();
    clock.advance(99);
    channel.autoRead = true;
    channel.writeInbound("c");
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["1100 FRAME_TIMEOUT"]);
  });

  it("knows that a decoder asks for the rest of a frame by itself", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100 });
    channel.autoRead = false;
    channel.writeInbound("a");
    clock.advance(100);
    expect(errors).toEqual(["100 FRAME_TIMEOUT"]);
  });

  it("has a deadline for the first frame, its first byte still to come", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100, firstTimeoutMs: 300 });
    clock.advance(250);
    channel.writeInbound("a");
    clock.advance(49);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["300 FRAME_TIMEOUT"]);
    expect(channel.isOpen).toBe(false);
  });

  it("has the usual one behind the first", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100, firstTimeoutMs: 300 });
    channel.writeInbound("hello.");
    clock.advance(1000);
    channel.writeInbound("a");
    clock.advance(100);
    expect(errors).toEqual(["1100 FRAME_TIMEOUT"]);
    const early = setup({ timeoutMs: 100, firstTimeoutMs: 300 });
    early.channel.writeInbound("hello.a");
    early.clock.advance(100);
    expect(early.errors).toEqual(["100 FRAME_TIMEOUT"]);
    const only = setup({ timeoutMs: 0, firstTimeoutMs: 300 });
    only.channel.writeInbound("hello.a");
    only.clock.advance(9999);
    expect(only.errors).toEqual([]);
  });

  it("notices a burst later when it does not know the framer", () => {
    const { channel, clock, errors } = setup({ timeoutMs: 100 }, false);
    channel.writeInbound("a.b");
    clock.advance(1000);
    expect(errors).toEqual([]);
    channel.writeInbound("c");
    clock.advance(60);
    channel.writeInbound("d");
    clock.advance(39);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["1100 FRAME_TIMEOUT"]);
  });

  it("reads what has come first when the process was too busy to look in time", () => {
    for (const [text, expected] of [
      ["b.", []],
      ["b", ["160 FRAME_TIMEOUT"]],
    ] as const) {
      const { channel, clock, errors } = setup({ timeoutMs: 100 });
      channel.writeInbound("a");
      // A host that is behind: at 160 it runs what was due at 100, and reads afterwards.
      clock.stall(100, 60);
      expect(errors).toEqual([]);
      channel.writeInbound(text);
      clock.advance(50);
      expect(errors).toEqual(expected);
    }
  });

  it("does not wait for the rest of a frame when the input has ended, but still for a first one", () => {
    const torn = setup({ timeoutMs: 100 });
    torn.channel.writeInbound("a.b");
    torn.channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    torn.clock.advance(1000);
    expect(torn.errors).toEqual([]);
    const silent = setup({ timeoutMs: 100, firstTimeoutMs: 300 });
    silent.channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    silent.clock.advance(1000);
    expect(silent.errors).toEqual(["300 FRAME_TIMEOUT"]);
  });

  it("lets subclasses answer in another way", () => {
    class Patient extends FrameDeadlineHandler {
      readonly late: SluiceError[] = [];
      protected override frameTimedOut(_ctx: ChannelHandlerContext, error: SluiceError): void {
        this.late.push(error);
        throw new Error("mine");
      }
    }
    const framer = new Dots();
    const handler = new Patient({ framer });
    const channel = new EmbeddedChannel(framer, handler);
    channel.writeInbound("x");
    channel.clock.advance(60_000);
    expect([handler.late.length, channel.isOpen]).toEqual([1, true]);
    expect(() => channel.checkException()).toThrow("mine");
  });

  it("begins when it is added, and leaves nothing behind when it is removed", () => {
    const channel = new EmbeddedChannel();
    const handler = new FrameDeadlineHandler({ firstTimeoutMs: 100 });
    channel.clock.advance(50);
    channel.pipeline.addLast(handler);
    channel.clock.advance(99);
    expect([channel.isOpen, channel.clock.pending]).toEqual([true, 1]);
    channel.pipeline.remove(handler);
    expect(channel.clock.pending).toBe(0);
  });

  it("refuses what cannot work", () => {
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    const framer = new Dots();
    const wrong: FrameDeadlineHandlerOptions[] = [
      { timeoutMs: Number.NaN },
      { firstTimeoutMs: Number.POSITIVE_INFINITY },
      { framer, minBytesPerSecond: 0 },
      { minBytesPerSecond: 100 },
    ];
    for (const options of wrong) expect(() => new FrameDeadlineHandler(options)).toThrow(invalid);
    expect([new FrameDeadlineHandler().timeoutMs, new FrameDeadlineHandler().firstTimeoutMs]).toEqual([10_000, 0]);
  });

  it("ends exactly those whose frame takes too long, whatever comes when", () => {
    const burst = fc.record({ pauseMs: fc.nat(80), text: fc.stringMatching(/^[x.]{0,4}$/) });
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 30 }), (bursts) => {
        const { channel, clock, errors } = setup({ timeoutMs: 100 });
        let beganAt: number | undefined;
        let lateAt: number | undefined;
        for (const { pauseMs, text } of bursts) {
          const now = clock.now() + pauseMs;
          if (beganAt !== undefined && now - beganAt >= 100) lateAt ??= beganAt + 100;
          if (lateAt !== undefined) break;
          clock.advance(pauseMs);
          channel.writeInbound(text);
          if (text.endsWith(".")) beganAt = undefined;
          else if (text.includes(".")) beganAt = now;
          else if (text !== "") beganAt ??= now;
        }
        clock.advance(100);
        lateAt ??= beganAt === undefined ? undefined : beganAt + 100;
        expect(errors).toEqual(lateAt === undefined ? [] : [`${lateAt} FRAME_TIMEOUT`]);
      }),
    );
  });
});
