import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Broadcast, type BroadcastOptions, type BroadcastReaderOptions, SlowReaderEvent } from "../index.js";

const aborted = expect.objectContaining({ code: "ABORTED" });

/** A reader whose network can be stopped and started. */
class Reader {
  readonly events: string[] = [];
  readonly errors: string[] = [];
  readonly channel: EmbeddedChannel;
  #stopped = 0;

  constructor(
    broadcast: Broadcast<string, never>,
    options?: BroadcastReaderOptions<string>,
    clock = new ManualClock(),
  ) {
    this.channel = new EmbeddedChannel({
      clock,
      handlers: [
        broadcast.handler(options),
        {
          userEventTriggered: (_ctx, event) => this.events.push(String(event)),
          exceptionCaught: (_ctx, error) => {
            const { code, length, limit } = error as SluiceError;
            this.errors.push([code, length, limit].join(" ").trim());
          },
        },
      ],
    });
  }

  stop(): this {
    this.#stopped = this.channel.engine.queue.hold(ByteBuf.from(new Uint8Array(100_000)));
    return this;
  }

  start(): this {
    this.channel.engine.queue.release(this.#stopped);
    this.channel.engine.queue.updateWritability();
    return this;
  }

  get got(): unknown[] {
    return this.channel.outboundMessages.splice(0);
  }
}

function setup(options: BroadcastOptions<string, string> = {}) {
  const broadcast = new Broadcast<string, string>(options);
  const add = (own?: BroadcastReaderOptions<string>, clock?: ManualClock) =>
    new Reader(broadcast as unknown as Broadcast<string, never>, own, clock);
  return { broadcast, add };
}

describe("publishing", () => {
  it("encodes once for all and shares the bytes", () => {
    const encode = vi.fn((text: string) => ByteBuf.from(text));
    const broadcast = new Broadcast<string, ByteBuf>({ encode });
    broadcast.publish("nobody is there");
    expect(encode).not.toHaveBeenCalled();
    const channels = [1, 2, 3].map(() => new EmbeddedChannel(broadcast.handler()));
    broadcast.publish("a", "b");
    expect(encode.mock.calls).toEqual([["a"], ["b"]]);
    const got = channels.map((channel) => channel.outboundMessages as ByteBuf[]);
    expect(got.map((messages) => messages.map(String))).toEqual(Array(3).fill(["a", "b"]));
    const firsts = got.map(([first]) => first);
    expect(new Set(firsts).size).toBe(3);
    expect(new Set(firsts.map((buffer) => buffer?.array)).size).toBe(1);
    expect(broadcast.counts).toMatchObject({ published: 3, written: 6, dropped: 0, coalesced: 0 });
  });

  it("reaches those who are there: from when they are active until they close or the handler is removed", () => {
    const { broadcast, add } = setup();
    const [a, b] = [add(), add()];
    broadcast.publish("1");
    a.channel.close();
    a.channel.runPendingTasks();
    b.channel.pipeline.remove(b.channel.pipeline.names()[0] as string);
    broadcast.publish("2");
    expect([a.got, b.got, broadcast.readers]).toEqual([["1"], ["1"], 0]);
    expect(broadcast.counts).toMatchObject({ published: 2, written: 2 });
  });

  it("keeps messages for a slow reader, delays no other, and goes on in order", () => {
    const { broadcast, add } = setup();
    const [slow, fast] = [add().stop(), add()];
    broadcast.publish("1");
    broadcast.publish("2", "3");
    expect([slow.got, fast.got, broadcast.behind]).toEqual([[], ["1", "2", "3"], 1]);
    expect(broadcast.counts).toMatchObject({ heldMessages: 3, heldBytes: 3 * 97 });
    expect(slow.events).toEqual(["SlowReaderEvent(behind, missed 0)"]);
    slow.start();
    broadcast.publish("4");
    expect([slow.got, fast.got, broadcast.behind]).toEqual([["1", "2", "3", "4"], ["4"], 0]);
    expect(slow.events).toEqual(["SlowReaderEvent(behind, missed 0)", "SlowReaderEvent(caughtUp, missed 0)"]);
    expect(broadcast.counts).toMatchObject({ heldMessages: 0, heldBytes: 0, written: 8 });
  });
});

describe("a reader that is behind for good", () => {
  const messages = ["a1", "b1", "a2", "c1"];
  const room = { maxHeldBytes: 2 * 98 };

  it.each([
    ["drop-newest", ["a1", "b1"], 2],
    ["drop-oldest", ["a2", "c1"], 2],
    [{ coalesce: (message: string) => message[0] }, ["b1", "c1"], 2],
  ] as const)("with %j gets a part", (whenSlow, got, missed) => {
    const { broadcast, add } = setup({ whenSlow, ...room });
    const reader = add().stop();
    broadcast.publish(...messages);
    reader.start();
    expect([reader.got, reader.events.at(-1)]).toEqual([got, `SlowReaderEvent(caughtUp, missed ${missed})`]);
    expect([reader.errors, reader.channel.isOpen]).toEqual([[], true]);
    const { dropped, coalesced } = broadcast.counts;
    expect(dropped + coalesced).toBe(missed);
  });

  it("counts what it misses each time anew", () => {
    const { broadcast, add } = setup({ whenSlow: "drop-newest", maxHeldBytes: 0 });
    const reader = add().stop();
    broadcast.publish("1", "2", "3");
    reader.start().stop();
    broadcast.publish("4", "5");
    reader.start();
    expect(reader.events.filter((event) => event.includes("caughtUp"))).toEqual([
      "SlowReaderEvent(caughtUp, missed 2)",
      "SlowReaderEvent(caughtUp, missed 1)",
    ]);
    expect([reader.got, broadcast.counts.dropped]).toEqual([["1", "4"], 3]);
  });

  it("is closed by default, with a code, and what waited for it is gone", () => {
    const { broadcast, add } = setup(room);
    const [slow, fast] = [add().stop(), add()];
    broadcast.publish(...messages);
    slow.channel.runPendingTasks();
    expect([slow.errors, slow.channel.isOpen, slow.got]).toEqual([["SLOW_READER 196 196"], false, []]);
    expect([fast.got, broadcast.readers, broadcast.behind]).toEqual([messages, 1, 0]);
    expect(broadcast.counts).toMatchObject({ heldMessages: 0, heldBytes: 0 });
  });

  it("may have a policy of its own", () => {
    const { broadcast, add } = setup({ whenSlow: "drop-oldest", ...room });
    const [usual, strict] = [add().stop(), add({ whenSlow: "close" }).stop()];
    broadcast.publish(...messages);
    expect([usual.channel.isOpen, strict.channel.isOpen]).toEqual([true, false]);
  });
});

describe("waiting", () => {
  it("tells the producer to stop, and when to go on", async () => {
    const { broadcast, add } = setup({ whenSlow: "wait" });
    const [slow, other] = [add().stop(), add({ whenSlow: "drop-newest" }).stop()];
    await broadcast.ready();
    expect(broadcast.publish("1")).toBe(false);
    let ready = false;
    const waiting = broadcast.ready().then(() => {
      ready = true;
    });
    await undefined;
    expect([broadcast.isReady, ready]).toEqual([false, false]);
    slow.start();
    await waiting;
    expect([broadcast.isReady, broadcast.behind, slow.got]).toEqual([true, 1, ["1"]]);
    expect(broadcast.publish("2")).toBe(true);
    expect(other.channel.isOpen).toBe(true);
  });

  it("ends when the reader closes, when it has been waited for too long, or when it is aborted", async () => {
    const { broadcast, add } = setup({ whenSlow: "wait", maxWaitMs: 5000 });
    const gone = add().stop();
    broadcast.publish("1");
    let waiting = broadcast.ready();
    gone.channel.closeForcibly();
    gone.channel.runPendingTasks();
    await waiting;

    const clock = new ManualClock();
    const stuck = add(undefined, clock).stop();
    broadcast.publish("2");
    waiting = broadcast.ready();
    clock.advance(4999);
    expect([broadcast.isReady, stuck.channel.isOpen]).toEqual([false, true]);
    clock.advance(1);
    await waiting;
    expect([stuck.errors, stuck.channel.isOpen, clock.pending]).toEqual([["SLOW_READER  5000"], false, 0]);

    const slow = add().stop();
    broadcast.publish("3");
    const controller = new AbortController();
    const aborting = broadcast.ready({ signal: controller.signal });
    controller.abort();
    await expect(aborting).rejects.toEqual(aborted);
    await expect(broadcast.ready({ signal: AbortSignal.abort() })).rejects.toEqual(aborted);
    slow.start();
    await broadcast.ready({ signal: AbortSignal.abort() });
  });

  it("does not go on for ever for a producer that does not wait", () => {
    const { broadcast, add } = setup({ whenSlow: "wait", maxHeldBytes: 300 });
    const reader = add().stop();
    for (let i = 0; i < 4; i++) broadcast.publish(`${i}`);
    expect([reader.errors, reader.channel.isOpen]).toEqual([["SLOW_READER 291 300"], false]);
  });
});

it("a reader that stops and starts at any moment gets everything it has room for, in order", () => {
  const step = fc.oneof(fc.constantFrom("stop", "start"), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, room) => {
      const { broadcast, add } = setup({ whenSlow: "drop-oldest", maxHeldBytes: room * 100 });
      const reader = add();
      let stopped = false;
      let kept: string[] = [];
      const expected: string[] = [];
      let next = 0;
      for (const step of [...steps, "start"]) {
        if (typeof step === "number") {
          const batch = Array.from({ length: step }, () => `${next++}`.padStart(4));
          broadcast.publish(...batch);
          if (stopped) kept = [...kept, ...batch].slice(-room);
          else expected.push(...batch);
        } else if (step === "stop" && !stopped) {
          reader.stop();
          stopped = true;
        } else if (step === "start" && stopped) {
          reader.start();
          stopped = false;
          expected.push(...kept);
          kept = [];
        }
      }
      expect(reader.got).toEqual(expected);
      expect(broadcast.counts).toMatchObject({
        written: expected.length,
        dropped: next - expected.length,
        heldBytes: 0,
      });
    }),
  );
});

describe("options", () => {
  it.each([
    { whenSlow: "explode" },
    { whenSlow: { coalesce: "symbol" } },
    { maxHeldBytes: -1 },
    { maxHeldBytes: Number.NaN },
    { maxWaitMs: 0 },
    { maxWaitMs: Number.POSITIVE_INFINITY },
  ])("that cannot work are refused: %j", (options) => {
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => new Broadcast(options as never)).toThrow(invalid);
    expect(() => new Broadcast().handler(options as never)).toThrow(invalid);
  });

  it("have events of a class", () => {
    expect(new SlowReaderEvent("behind", 0)).toMatchObject({ kind: "behind", missed: 0 });
    expect(new SluiceError("SLOW_READER").recoverable).toBe(false);
  });
});

describe("publishing from inside", () => {
  it("waits for what is being published: every reader gets all in one order", () => {
    const { broadcast, add } = setup({ maxHeldBytes: 0, encode: (text) => text });
    const first = add();
    const slow = new EmbeddedChannel(broadcast.handler({ whenSlow: "drop-newest", maxHeldBytes: 0 }), {
      userEventTriggered: (_ctx, event) => {
        if (event instanceof SlowReaderEvent) broadcast.publish("somebody is slow");
      },
    });
    slow.engine.queue.hold(ByteBuf.from(new Uint8Array(100_000)));
    const last = add();
    broadcast.publish("a", "b");
    const order = ["a", "b", "somebody is slow"];
    expect([first.got, last.got]).toEqual([order, order]);
    expect(broadcast.counts).toMatchObject({ published: 3, heldMessages: 1 });
  });

  it("sends nothing of what cannot be encoded as a whole, and goes on afterwards", () => {
    const encode = (text: string) => {
      if (text === "bad") throw new Error("cannot encode");
      return text;
    };
    const { broadcast, add } = setup({ encode });
    const reader = add();
    expect(() => broadcast.publish("a", "bad")).toThrow("cannot encode");
    expect([reader.got, broadcast.counts.published]).toEqual([[], 0]);
    broadcast.publish("b");
    expect([reader.got, broadcast.counts.published]).toEqual([["b"], 1]);
  });
});
