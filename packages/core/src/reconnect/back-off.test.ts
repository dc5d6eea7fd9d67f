import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BackOff } from "./back-off.js";

const options = { initialDelayMs: 100, maxDelayMs: 1500, factor: 2, random: Math.random };

describe("BackOff", () => {
  it("doubles its window up to the cap", () => {
    const backOff = new BackOff(options);
    expect([1, 2, 3, 4, 5, 6, 1000, 5000].map((wait) => backOff.windowMs(wait))).toEqual([
      100, 200, 400, 800, 1500, 1500, 1500, 1500,
    ]);
  });

  it("draws from the whole window", () => {
    let random = 0;
    const backOff = new BackOff({ ...options, random: () => random });
    expect(backOff.delayMs(3)).toBe(0);
    random = 0.25;
    expect([backOff.delayMs(1), backOff.delayMs(3), backOff.delayMs(9)]).toEqual([25, 100, 375]);
  });

  it.each([1, 2, -0.1, Number.NaN, Number.POSITIVE_INFINITY])("takes %d for the end of the window", (random) => {
    expect(new BackOff({ ...options, random: () => random }).delayMs(2)).toBe(200);
  });

  it("is a finite delay within the window, whatever the numbers", () => {
    const delay = fc.double({ min: 1, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        delay,
        delay,
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.nat(),
        fc.double(),
        (a, b, factor, wait, r) => {
          const backOff = new BackOff({
            initialDelayMs: Math.min(a, b),
            maxDelayMs: Math.max(a, b),
            factor,
            random: () => r,
          });
          const drawn = backOff.delayMs(wait + 1);
          expect(drawn >= 0 && drawn <= backOff.windowMs(wait + 1) && drawn <= Math.max(a, b)).toBe(true);
        },
      ),
    );
  });
});
