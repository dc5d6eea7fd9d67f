import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FifoQueue } from "./fifo-queue.js";

describe("FifoQueue", () => {
  it("does what an array does", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("push" as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ do: fc.constant("shift" as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ do: fc.constantFrom("takeFrom" as const, "remove" as const), count: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new FifoQueue<number>();
        let model: number[] = [];
        let next = 0;
        for (const { do: what, count } of steps) {
          if (what === "push") {
            for (let i = 0; i < count; i++) {
              model.push(next);
              queue.push(next++);
            }
          } else if (what === "shift") {
            for (let i = 0; i < count; i++) expect(queue.shift()).toBe(model.shift());
          } else if (what === "takeFrom") {
            expect(queue.takeFrom(count)).toEqual(model.splice(count));
          } else {
            const wanted = (model[0] ?? 0) + count;
            expect(queue.remove((item) => item === wanted)).toBe(model.indexOf(wanted));
            model = model.filter((item) => item !== wanted);
          }
          expect([queue.length, queue.first, queue.last]).toEqual([model.length, model[0], model.at(-1)]);
        }
      }),
    );
  });

  it("keeps no places of what has gone, although it is never empty", () => {
    const queue = new FifoQueue<number>();
    for (let i = 0; i < 10; i++) queue.push(i);
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      queue.push(i);
      queue.shift();
      most = Math.max(most, queue.capacity);
    }
    expect(queue.length).toBe(10);
    expect(most).toBeLessThan(100);
    queue.takeFrom(0);
    expect(queue.capacity).toBe(0);
  });
});
