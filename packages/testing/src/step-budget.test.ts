import { ByteBuf } from "@sluice/buffer";
import { describe, expect, it } from "vitest";
import { countingSteps, OutOfSteps, StepBudget } from "./step-budget.js";

const members = () => Object.getOwnPropertyDescriptors(ByteBuf.prototype);

describe("StepBudget", () => {
  it("ends a loop that asks a buffer", () => {
    const budget = new StepBudget(1000);
    const buf = ByteBuf.from("abc");
    for (const ask of [
      () => buf.isReadable(),
      () => buf.readableBytes > 0,
      () => buf.readerIndex === 0,
      () => buf.writerIndex === 3,
      () => buf.indexOf(0x62) === 1,
    ]) {
      const loop = () => {
        while (ask());
      };
      expect(() => countingSteps(() => budget, loop)).toThrow(OutOfSteps);
    }
    expect(budget.isSpent).toBe(true);
  });

  it("changes nothing about buffers, and leaves them as they were", () => {
    const before = members();
    const buf = ByteBuf.from("abc");
    const limited = <T>(body: () => T) => countingSteps(() => new StepBudget(100), body);
    expect(limited(() => [buf.indexOf(0x63, 1, 3), buf.isReadable(4), buf.writerIndex])).toEqual([2, false, 3]);
    limited(() => {
      buf.readerIndex = 1;
    });
    expect(limited(() => buf.readableBytes)).toBe(2);
    expect(() => limited(() => buf.readUint32())).toThrow(expect.objectContaining({ code: "INDEX_OUT_OF_RANGE" }));
    expect(members()).toEqual(before);
  });
});
