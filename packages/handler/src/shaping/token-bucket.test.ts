import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../index.js";

describe("TokenBucket", () => {
  it("is full at first, fills as time passes, and no further than the burst", () => {
    const bucket = new TokenBucket({ perSecond: 100, burst: 50 });
    expect([bucket.level(0), bucket.waitMs(50, 0)]).toEqual([50, 0]);
    bucket.take(50, 0);
    expect([bucket.level(0), bucket.level(100), bucket.level(500), bucket.level(9999)]).toEqual([0, 10, 50, 50]);
    expect([bucket.waitMs(0, 0), bucket.waitMs(1, 0), bucket.waitMs(50, 0), bucket.waitMs(50, 400)]).toEqual([
      0, 10, 500, 100,
    ]);
  });

  it("goes into debt, and makes those wait who come next", () => {
    const bucket = new TokenBucket({ perSecond: 100, burst: 50 });
    bucket.take(150, 1000);
    expect([bucket.level(1000), bucket.waitMs(0, 1000), bucket.waitMs(10, 1000)]).toEqual([-100, 1000, 1100]);
    expect([bucket.waitMs(0, 2000), bucket.level(2000)]).toEqual([0, 0]);
  });

  it("lets more than the burst go when it is full", () => {
    const bucket = new TokenBucket({ perSecond: 100, burst: 50 });
    expect(bucket.waitMs(1_000_000, 0)).toBe(0);
    bucket.take(10, 0);
    expect(bucket.waitMs(1_000_000, 0)).toBe(100);
  });

  it("saves up as much as a second brings unless it is told otherwise", () => {
    expect(new TokenBucket({ perSecond: 7 }).burst).toBe(7);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (wrong) => {
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => new TokenBucket({ perSecond: wrong })).toThrow(invalid);
    expect(() => new TokenBucket({ perSecond: 1, burst: wrong })).toThrow(invalid);
  });

  it("lets pass no more than burst + time × rate in any span, and no less when there is enough to do", () => {
    const amounts = fc.array(fc.record({ amount: fc.integer({ min: 1, max: 40 }), pauseMs: fc.nat(300) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 40, max: 200 }),
        amounts,
        (perSecond, burst, list) => {
          const bucket = new TokenBucket({ perSecond, burst });
          const passed: { at: number; amount: number }[] = [];
          let now = 0;
          for (const { amount, pauseMs } of list) {
            now += pauseMs;
            const waitMs = bucket.waitMs(amount, now);
            now += waitMs;
            expect(bucket.waitMs(amount, now)).toBe(0);
            bucket.take(amount, now);
            // Nobody waits for more than what is needed.
            if (waitMs > 0) expect(bucket.level(now)).toBeLessThan(1e-3);
            passed.push({ at: now, amount });
          }
          for (let from = 0; from < passed.length; from++) {
            let sum = 0;
            for (const { at, amount } of passed.slice(from)) {
              sum += amount;
              const span = at - (passed[from]?.at ?? 0);
              expect(sum).toBeLessThanOrEqual(burst + (span * perSecond) / 1000 + 1e-3);
            }
          }
        },
      ),
    );
  });
});
