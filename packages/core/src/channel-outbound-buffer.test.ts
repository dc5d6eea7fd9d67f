import { ByteBuf } from "@sluice/buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelOutboundBuffer, ENTRY_OVERHEAD } from "./channel-outbound-buffer.js";
import { ChannelPromise, type Completion } from "./channel-promise.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

const bytes = (length: number) => ByteBuf.from(new Uint8Array(length));
const closed = () => new Error("closed");
const broken = () => new Error("broken");

function setup(low = 32 * 1024, high = 64 * 1024, maxBytes = 16 * 1024 * 1024) {
  const log: string[] = [];
  const queue: ChannelOutboundBuffer = new ChannelOutboundBuffer(
    {
      writabilityChanged: () => log.push(`writable ${queue.isWritable}`),
      messagesCompleted: () => log.push(`completed, ${queue.length} left`),
      unawaitedFailure: (error) => log.push(`unawaited ${error.message}`),
    },
    new WriteBufferWaterMark(low, high),
    maxBytes,
  );
  const noting = (name: string): Completion => ({
    succeed: () => log.push(`${name} sent`),
    fail: (error) => log.push(`${name} ${error.message}`),
  });
  return { queue, log, noting };
}

describe("water marks", () => {
  it("count each message with 96 bytes, and what is not bytes with 8 more", () => {
    const { queue } = setup();
    expect(ENTRY_OVERHEAD).toBe(96);
    queue.add(bytes(10), undefined);
    expect(queue.pendingBytes).toBe(106);
    queue.add({ any: "thing" }, undefined);
    expect(queue.pendingBytes).toBe(106 + 104);
    const partlyRead = bytes(10).skipBytes(4);
    queue.add(partlyRead, undefined);
    expect(queue.pendingBytes).toBe(210 + 102);
    queue.add(ByteBuf.EMPTY, undefined);
    expect(queue.pendingBytes).toBe(312 + 96);
  });

  it("make the queue unwritable above high, not at it", () => {
    const { queue, log } = setup();
    queue.add(bytes(65_536 - 96), undefined);
    expect([queue.pendingBytes, queue.isWritable, queue.bytesBeforeUnwritable]).toEqual([65_536, true, 1]);
    queue.add(ByteBuf.EMPTY, undefined);
    expect([queue.pendingBytes, queue.isWritable, queue.bytesBeforeUnwritable]).toEqual([65_632, false, 0]);
    expect(queue.bytesBeforeWritable).toBe(65_632 - 32_768 + 1);
    expect(log).toEqual(["writable false"]);
  });

  it("make it writable again below low, not at it", () => {
    const { queue, log } = setup(1000, 2000);
    queue.add(bytes(1001), undefined);
    queue.add(bytes(1000 - 96), undefined);
    expect([queue.pendingBytes, queue.isWritable]).toEqual([2097, false]);
    queue.markFlushed();
    queue.succeed(1);
    expect([queue.pendingBytes, queue.isWritable, queue.bytesBeforeWritable]).toEqual([1000, false, 1]);
    queue.add(ByteBuf.EMPTY, undefined);
    queue.markFlushed();
    queue.succeed(1);
    expect([queue.pendingBytes, queue.isWritable, queue.bytesBeforeWritable]).toEqual([96, true, 0]);
    expect(log).toEqual(["writable false", "completed, 1 left", "writable true", "completed, 1 left"]);
  });

  it("may be moved while messages wait", () => {
    const { queue, log } = setup();
    queue.add(bytes(1000), undefined);
    queue.waterMark = new WriteBufferWaterMark(10, 1095);
    expect(queue.isWritable).toBe(false);
    queue.waterMark = new WriteBufferWaterMark(1096, 2000);
    expect(queue.isWritable).toBe(false);
    queue.waterMark = new WriteBufferWaterMark(1097, 2000);
    expect(queue.isWritable).toBe(true);
    expect(log).toEqual(["writable false", "writable true"]);
  });

  it("follow what fails as well as what is sent", () => {
    const { queue, log } = setup(100, 200);
    queue.add(bytes(300), undefined);
    expect(queue.isWritable).toBe(false);
    queue.failUnflushed(closed);
    expect([queue.isWritable, queue.pendingBytes]).toEqual([true, 0]);
    queue.add(bytes(300), undefined);
    queue.markFlushed();
    queue.failAll(broken, closed);
    expect(queue.isWritable).toBe(true);
    queue.add(bytes(300), undefined);
    queue.takeUnflushed(closed);
    expect(queue.isWritable).toBe(true);
    expect(log.filter((entry) => entry.startsWith("writable"))).toHaveLength(6);
  });
});

describe("the hard cap", () => {
  it("refuses what would pass it, whatever is writable", () => {
    const { queue } = setup(100, 200, 1000);
    queue.add(bytes(404), undefined);
    queue.add(bytes(404), undefined);
    expect(queue.pendingBytes).toBe(1000);
    expect(() => queue.add(ByteBuf.EMPTY, undefined)).toThrow(
      expect.objectContaining({ code: "OUTBOUND_BUFFER_FULL", length: 96, limit: 1000 }),
    );
    expect([queue.length, queue.pendingBytes]).toEqual([2, 1000]);
    queue.markFlushed();
    queue.succeed(1);
    queue.add(bytes(404), undefined);
    queue.maxBytes = 2000;
    queue.add(bytes(404), undefined);
    expect(queue.pendingBytes).toBe(1500);
  });

  it("lets one message of any size into an empty queue", () => {
    const { queue } = setup(100, 200, 1000);
    queue.add(bytes(5000), undefined);
    expect(() => queue.add(ByteBuf.EMPTY, undefined)).toThrow(
      expect.objectContaining({ code: "OUTBOUND_BUFFER_FULL" }),
    );
    queue.markFlushed();
    queue.succeed(1);
    queue.add(bytes(5000), undefined);
    expect(queue.length).toBe(1);
  });
});

describe("what a handler holds", () => {
  it("counts towards the water marks and the hard cap as if it were queued", () => {
    const { queue, log } = setup(1000, 2000, 3000);
    const held = [queue.hold(bytes(904)), queue.hold(bytes(904)), queue.hold({ any: "thing" })];
    expect([held, queue.pendingBytes, queue.length]).toEqual([[1000, 1000, 104], 2104, 0]);
    expect(log).toEqual(["writable false"]);
    expect(() => queue.hold(bytes(801))).toThrow(expect.objectContaining({ code: "OUTBOUND_BUFFER_FULL" }));
    expect(() => queue.add(bytes(801), undefined)).toThrow(expect.objectContaining({ code: "OUTBOUND_BUFFER_FULL" }));
    expect(queue.pendingBytes).toBe(2104);
  });

  it("may be any one message when nothing else is pending", () => {
    const { queue } = setup(1000, 2000, 3000);
    queue.release(queue.hold(bytes(5000)));
    queue.add(bytes(5000), undefined);
    expect(queue.pendingBytes).toBe(5096);
  });

  it("moves to the queue without a moment in which more seems welcome", () => {
    const { queue, log, noting } = setup(1000, 2000, 3000);
    const held = [queue.hold(bytes(904)), queue.hold(bytes(905))];
    for (const [i, size] of held.entries()) {
      queue.release(size);
      queue.add(bytes(size - 96), noting(`${i}`));
    }
    queue.updateWritability();
    expect([queue.pendingBytes, log.splice(0)]).toEqual([2001, ["writable false"]]);
    queue.markFlushed();
    queue.succeed(2);
    expect(log).toEqual(["0 sent", "1 sent", "writable true", "completed, 0 left"]);
  });

  it("makes room when it is given up", () => {
    const { queue, log } = setup(1000, 2000);
    queue.release(queue.hold(bytes(3000)));
    expect(log).toEqual(["writable false"]);
    queue.updateWritability();
    expect([queue.pendingBytes, log]).toEqual([0, ["writable false", "writable true"]]);
  });
});

describe("completions", () => {
  it("run in the order of the writes, each once", () => {
    const { queue, log, noting } = setup();
    for (const name of ["a", "b", "c", "d"]) queue.add(name, noting(name));
    queue.markFlushed();
    queue.succeed(2);
    queue.failFirst(broken());
    expect(log).toEqual(["a sent", "b sent", "completed, 2 left", "c broken", "completed, 1 left"]);
    queue.succeed(9);
    expect(log.slice(5)).toEqual(["d sent", "completed, 0 left"]);
    queue.succeed(1);
    queue.failFirst(broken());
    expect([queue.length, queue.flushedLength, queue.pendingBytes]).toEqual([0, 0, 0]);
  });

  it("fail in that order too, what was flushed for one reason and the rest for another", () => {
    const { queue, log, noting } = setup();
    queue.add("a", noting("a"));
    queue.add("b", undefined);
    queue.add("c", undefined);
    queue.markFlushed();
    queue.add("d", noting("d"));
    queue.add("e", undefined);
    queue.failAll(broken, closed);
    expect(log).toEqual(["a broken", "unawaited broken", "d closed", "unawaited closed", "completed, 0 left"]);
    queue.failAll(broken, closed);
    expect(log).toHaveLength(5);
  });

  it("fail for what was not flushed alone", () => {
    const { queue, log, noting } = setup();
    queue.add("a", noting("a"));
    queue.markFlushed();
    queue.add("b", noting("b"));
    queue.add("c", undefined);
    queue.failUnflushed(closed);
    expect(log).toEqual(["b closed", "unawaited closed", "completed, 1 left"]);
    expect([queue.length, queue.flushedLength, queue.peek(0)]).toEqual([1, 1, "a"]);
  });

  it("are not told of to the channel when it knows already", () => {
    const { queue, log, noting } = setup();
    queue.add("a", undefined);
    queue.add("b", noting("b"));
    queue.failAll(broken, closed, false);
    expect(log).toEqual(["b closed", "completed, 0 left"]);
    queue.add("c", undefined);
    queue.add("d", noting("d"));
    expect(queue.takeUnflushed(closed)).toEqual(["c", "d"]);
    expect(log.slice(2)).toEqual(["d closed", "completed, 0 left"]);
  });

  it("tell the channel of a failure nobody awaits", () => {
    const { queue, log } = setup();
    queue.add("a", undefined);
    queue.markFlushed();
    queue.failFirst(broken());
    expect(log).toEqual(["unawaited broken", "completed, 0 left"]);
  });

  it("that throw harm nobody else", () => {
    const { queue, log, noting } = setup();
    const throwing = (): Completion => ({
      succeed: () => {
        throw new Error("succeed threw");
      },
      fail: () => {
        throw "fail threw";
      },
    });
    for (const completion of [throwing(), noting("b"), throwing(), noting("d"), throwing()]) queue.add("x", completion);
    queue.markFlushed();
    queue.succeed(2);
    queue.failFirst(broken());
    queue.failAll(broken, closed);
    expect(log).toEqual([
      ...["unawaited succeed threw", "b sent", "completed, 3 left"],
      ...["unawaited fail threw", "completed, 2 left"],
      ...["d broken", "unawaited fail threw", "completed, 0 left"],
    ]);
  });
});

describe("re-entrance", () => {
  it("finds a whole queue: messages leave before their completions are told", () => {
    const { queue, log } = setup();
    const seen: number[] = [];
    const looking: Completion = {
      succeed: () => {
        seen.push(queue.length);
        expect(queue.isCompleting).toBe(true);
      },
      fail: () => seen.push(queue.length),
    };
    for (let i = 0; i < 4; i++) queue.add(i, looking);
    queue.markFlushed();
    queue.succeed(2);
    queue.failAll(broken, closed);
    expect(seen).toEqual([3, 2, 0, 0]);
    expect([queue.isCompleting, log.length]).toEqual([false, 2]);
  });

  it("takes writes from inside completions, behind what waits", () => {
    const { queue, log, noting } = setup();
    queue.add("a", { succeed: () => queue.add("c", noting("c")), fail: () => {} });
    queue.add("b", noting("b"));
    queue.markFlushed();
    queue.succeed(1);
    expect([queue.peek(0), queue.peek(1), queue.flushedLength]).toEqual(["b", "c", 1]);
    queue.markFlushed();
    queue.succeed(2);
    expect(log).toEqual(["completed, 2 left", "b sent", "c sent", "completed, 0 left"]);
  });

  it("stops completing when a completion fails the rest", () => {
    const { queue, log, noting } = setup();
    queue.add("a", { succeed: () => queue.failAll(broken, closed), fail: () => {} });
    queue.add("b", noting("b"));
    queue.add("c", noting("c"));
    queue.markFlushed();
    queue.succeed(3);
    expect(log).toEqual(["b broken", "c broken", "completed, 0 left"]);
  });

  it("grows, empties and refills its ring from inside completions", () => {
    const { queue, log } = setup();
    let writes = 0;
    const again: Completion = {
      succeed: () => {
        for (let i = 0; i < 3 && writes < 1000; i++) queue.add(writes++, again);
        queue.markFlushed();
      },
      fail: () => {},
    };
    queue.add(writes++, again);
    queue.markFlushed();
    const order: unknown[] = [];
    while (queue.length > 0) {
      order.push(queue.peek(0));
      queue.succeed(1);
    }
    expect(order).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(log.at(-1)).toBe("completed, 0 left");
  });

  it("takes writes while it says that it has become writable", () => {
    const log: string[] = [];
    const queue: ChannelOutboundBuffer = new ChannelOutboundBuffer(
      {
        writabilityChanged: () => {
          log.push(`writable ${queue.isWritable}`);
          if (queue.isWritable) queue.add(bytes(100), undefined);
        },
        messagesCompleted: () => log.push(`completed, ${queue.length} left`),
        unawaitedFailure: () => {},
      },
      new WriteBufferWaterMark(50, 100),
      1000,
    );
    queue.add(bytes(100), undefined);
    queue.markFlushed();
    queue.succeed(1);
    expect(log).toEqual(["writable false", "writable true", "writable false", "completed, 1 left"]);
  });
});

describe("several queues", () => {
  it("share their memory without sharing messages", () => {
    const a = setup();
    const b = setup();
    a.queue.add("a1", undefined);
    b.queue.add("b1", undefined);
    a.queue.markFlushed();
    a.queue.succeed(1);
    a.queue.add("a2", undefined);
    expect([a.queue.peek(0), b.queue.peek(0), a.queue.peek(1)]).toEqual(["a2", "b1", undefined]);
  });
});

describe("against a model", () => {
  type Entry = { id: number; size: number; flushed: boolean };
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("add" as const), size: fc.nat(400) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("succeed" as const), count: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("failFirst", "failUnflushed", "failAll", "take") }) },
  );

  it("keeps order, sizes and writability through any sequence", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const { queue } = setup(500, 1500, 4000);
        const done: string[] = [];
        const expected: string[] = [];
        let model: Entry[] = [];
        let writable = true;
        let nextId = 0;
        const end = (entries: Entry[], how: string) => {
          expected.push(...entries.map(({ id }) => `${id} ${how}`));
          model = model.filter((entry) => !entries.includes(entry));
        };
        for (const each of commands) {
          const pending = model.reduce((sum, { size }) => sum + size, 0);
          if (each.do === "add") {
            const id = nextId++;
            const size = each.size + 96;
            const completion = {
              succeed: () => done.push(`${id} sent`),
              fail: (error: Error) => done.push(`${id} ${error.message}`),
            };
            if (pending + size > 4000 && model.length > 0) {
              expect(() => queue.add(bytes(each.size), completion)).toThrow();
            } else {
              queue.add(bytes(each.size), completion);
              model.push({ id, size, flushed: false });
            }
          } else if (each.do === "flush") {
            queue.markFlushed();
            for (const entry of model) entry.flushed = true;
          } else if (each.do === "succeed") {
            const count = Math.min(each.count, queue.flushedLength);
            queue.succeed(count);
            end(model.slice(0, count), "sent");
          } else if (each.do === "failFirst" && queue.flushedLength > 0) {
            queue.failFirst(broken());
            end(model.slice(0, 1), "broken");
          } else if (each.do === "failUnflushed" || each.do === "take") {
            if (each.do === "take") queue.takeUnflushed(closed);
            else queue.failUnflushed(closed);
            end(
              model.filter(({ flushed }) => !flushed),
              "closed",
            );
          } else if (each.do === "failAll") {
            queue.failAll(broken, closed);
            end(
              model.filter(({ flushed }) => flushed),
              "broken",
            );
            end(model, "closed");
          }
          const now = model.reduce((sum, { size }) => sum + size, 0);
          writable = writable ? now <= 1500 : now < 500;
          expect(done).toEqual(expected);
          expect([queue.length, queue.flushedLength, queue.pendingBytes, queue.isWritable]).toEqual([
            model.length,
            model.filter(({ flushed }) => flushed).length,
            now,
            writable,
          ]);
        }
      }),
    );
  });
});

describe("with promises", () => {
  it("settles them in order", () => {
    const { queue } = setup();
    const order: string[] = [];
    const promises = ["a", "b", "c"].map((name) =>
      new ChannelPromise().addListener((error) => order.push(`${name} ${error?.message ?? "sent"}`)),
    );
    for (const promise of promises) queue.add("x", promise);
    queue.markFlushed();
    queue.succeed(1);
    queue.failAll(broken, closed);
    expect(order).toEqual(["a sent", "b broken", "c broken"]);
  });
});
