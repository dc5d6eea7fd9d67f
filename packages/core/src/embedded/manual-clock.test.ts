import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "./manual-clock.js";

function setup() {
  const clock = new ManualClock();
  const events: string[] = [];
  const log = (name: string) => () => {
    events.push(`${name}@${clock.now()}`);
  };
  return { clock, events, log };
}

describe("ManualClock", () => {
  it("starts at 0 or where it is told, and moves only when told", () => {
    expect(new ManualClock().now()).toBe(0);
    const clock = new ManualClock({ startMs: 1_000 });
    clock.advance(1.5);
    clock.advance(0);
    expect(clock.now()).toBe(1_001.5);
    clock.advanceTo(2_000);
    expect(clock.now()).toBe(2_000);
  });

  it("runs timeouts in deadline order, ties in the order of arming, at their own time", () => {
    const { clock, events, log } = setup();
    clock.schedule(20, log("c"));
    const moved = clock.schedule(10, log("b"));
    clock.schedule(10, log("a"));
    clock.schedule(-5, log("now"));
    clock.schedule(21, log("later"));
    moved.reschedule(10);
    clock.advance(20);
    expect(events).toEqual(["now@0", "a@10", "b@10", "c@20"]);
    expect(clock.now()).toBe(20);
    expect(clock.pending).toBe(1);
    expect(clock.nextDeadline).toBe(21);
  });

  it("never runs a task inside schedule", () => {
    const { clock, events, log } = setup();
    const timeout = clock.schedule(0, log("a"));
    expect(events).toEqual([]);
    expect(timeout.isPending).toBe(true);
    clock.advance(0);
    expect(events).toEqual(["a@0"]);
    expect(timeout.isPending).toBe(false);
    expect(clock.nextDeadline).toBeUndefined();
  });

  it("runs what tasks schedule while time passes, and reuses timeouts", () => {
    const { clock, events, log } = setup();
    const periodic = clock.schedule(10, () => {
      log("tick")();
      expect(periodic.isPending).toBe(false);
      periodic.reschedule(10);
      clock.schedule(3, log("child"));
    });
    clock.advance(25);
    expect(events).toEqual(["tick@10", "child@13", "tick@20", "child@23"]);
    expect(periodic.cancel()).toBe(true);
    expect(periodic.cancel()).toBe(false);
    clock.advance(100);
    expect(events).toHaveLength(4);
    periodic.reschedule(1);
    clock.advance(1);
    expect(events.at(-1)).toBe("tick@126");
  });

  it("lets a task advance the clock itself", () => {
    const { clock, events, log } = setup();
    clock.schedule(10, () => clock.advance(50));
    clock.schedule(20, log("inner"));
    clock.schedule(70, log("outer"));
    clock.advance(30);
    expect(clock.now()).toBe(60);
    clock.advance(10);
    expect(events).toEqual(["inner@20", "outer@70"]);
  });

  it("hands a task's error to the test and goes on afterwards", () => {
    const { clock, events, log } = setup();
    clock.schedule(10, () => {
      throw new Error("task");
    });
    clock.schedule(10, log("next"));
    expect(() => clock.advance(20)).toThrow("task");
    expect(clock.now()).toBe(10);
    clock.advance(10);
    expect(events).toEqual(["next@10"]);
  });

  it("refuses delays and times that can never be meant", () => {
    const clock = new ManualClock({ startMs: 5 });
    const timeout = clock.schedule(1, () => {});
    for (const delayMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const refusal = expect.objectContaining({ code: "INVALID_ARGUMENT" });
      expect(() => clock.schedule(delayMs, () => {})).toThrow(refusal);
      expect(() => timeout.reschedule(delayMs)).toThrow(refusal);
      expect(() => clock.advance(delayMs)).toThrow(refusal);
      expect(() => clock.advanceTo(delayMs)).toThrow(refusal);
      expect(() => new ManualClock({ startMs: delayMs })).toThrow(refusal);
    }
    expect(() => clock.advance(-1)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(clock.nextDeadline).toBe(6);
    expect(clock.pending).toBe(1);
  });

  it("agrees with sorting, whatever is cancelled or moved", () => {
    const action = fc.record({ delay: fc.nat(50), fate: fc.constantFrom("keep", "cancel", "move"), by: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const clock = new ManualClock();
        const ran: number[] = [];
        const timeouts = actions.map(({ delay }, i) => clock.schedule(delay, () => ran.push(i)));
        const expected = actions.map(({ delay }, i) => ({ i, deadline: delay, order: i }));
        actions.forEach(({ fate, by }, i) => {
          const entry = expected[i];
          if (fate === "cancel") timeouts[i]?.cancel();
          else if (fate === "move") timeouts[i]?.reschedule(by);
          if (fate === "cancel" && entry) entry.deadline = Number.POSITIVE_INFINITY;
          else if (fate === "move" && entry) Object.assign(entry, { deadline: by, order: actions.length + i });
        });
        clock.advance(50);
        const due = expected.filter(({ deadline }) => deadline <= 50);
        expect(ran).toEqual(due.sort((a, b) => a.deadline - b.deadline || a.order - b.order).map(({ i }) => i));
        expect(clock.pending).toBe(0);
      }),
    );
  });

  it("carries 50 000 timeouts", () => {
    const clock = new ManualClock();
    let ran = 0;
    const timeouts = Array.from({ length: 50_000 }, (_, i) => clock.schedule((i * 7_919) % 30_000, () => ran++));
    for (let i = 0; i < timeouts.length; i += 2) timeouts[i]?.cancel();
    for (let i = 1; i < timeouts.length; i += 4) timeouts[i]?.reschedule(40_000);
    expect(clock.pending).toBe(25_000);
    clock.advance(30_000);
    expect(ran).toBe(12_500);
    clock.advance(10_000);
    expect(ran).toBe(25_000);
  });
});
