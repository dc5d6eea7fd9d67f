import { describe, expect, it } from "vitest";
import { Alike } from "./alike.js";

describe("Alike", () => {
  it("gives the first of those that are equal", () => {
    const alike = new Alike<{ readonly name: string; readonly ms: number }>();
    const first = alike.one({ name: "a", ms: Number.NaN });
    expect(alike.one({ name: "a", ms: Number.NaN })).toBe(first);
    const other = { name: "a", ms: 0 };
    expect(alike.one(other)).toBe(other);
    expect(alike.one({ name: "a", ms: -0 })).not.toBe(other);
  });

  it("does not remember without bound, and gives what it cannot remember as it is", () => {
    const alike = new Alike<{ readonly number: number }>();
    const made = Array.from({ length: 40 }, (_, number) => ({ number }));
    expect(made.map((one) => alike.one(one))).toEqual(made);
    const again = made.map(({ number }) => alike.one({ number }));
    expect(again.filter((one, i) => one === made[i])).toHaveLength(32);
    expect(again).toEqual(made);
  });
});
