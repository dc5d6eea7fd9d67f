import { describe, expect, it } from "vitest";
import { ManualClock } from "./embedded/manual-clock.js";
import { HashedWheelTimer, markOn, systemClock, timeOf } from "./index.js";
import { MomentMarker } from "./moment-marker.js";

/** A clock that counts how often it is looked at. */
function counted() {
  const clock = new ManualClock({ startMs: 1000 });
  const counter = { looks: 0 };
  const marker = new MomentMarker({
    now: () => {
      counter.looks++;
      return clock.now();
    },
    schedule: (delayMs, task) => clock.schedule(delayMs, task),
  });
  const mark = (times: number) => {
    let last = marker.mark();
    for (let i = 1; i < times; i++) last = marker.mark();
    return last;
  };
  return { clock, counter, mark };
}

describe("MomentMarker", () => {
  it("looks at the clock for each mark while there are few, and schedules nothing", () => {
    const { clock, counter, mark } = counted();
    for (let i = 0; i < 50; i++) {
      expect(timeOf(mark(100))).toBe(clock.now());
      clock.advance(11);
    }
    expect(counter.looks).toBe(50 * 100);
    expect(clock.pending).toBe(0);
  });

  it("has one look for all marks of a window when there are many, and tells them its end", () => {
    const { clock, counter, mark } = counted();
    mark(300);
    const looks = counter.looks;
    const moments = [mark(1000)];
    clock.advance(6);
    moments.push(mark(1000));
    expect(counter.looks).toBe(looks);
    expect(clock.pending).toBe(1);
    clock.advance(4);
    expect(counter.looks).toBe(looks + 1);
    const later = mark(1);
    clock.advance(1000);
    expect(moments.map(timeOf)).toEqual([1010, 1010]);
    expect(timeOf(later)).toBe(1020);
  });

  it("tells a moment of an open window as now", () => {
    const { clock, mark } = counted();
    const moment = mark(300);
    expect(timeOf(moment)).toBe(1000);
    clock.advance(3);
    expect(timeOf(moment)).toBe(1003);
    clock.advance(30);
    expect(timeOf(moment)).toBe(1010);
  });

  it("goes back to looking when there is little to mark, and leaves no timeout behind", () => {
    const { clock, mark } = counted();
    mark(300);
    clock.advance(99);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(clock.pending).toBe(0);
    expect(mark(1)).toBe(1100);
    clock.advance(1000);
    expect(clock.pending).toBe(0);
    mark(300);
    expect(clock.pending).toBe(1);
  });

  it("counts anew every ten windows, and goes on if there are still many", () => {
    const { clock, counter, mark } = counted();
    const looks = () => {
      const { looks } = counter;
      counter.looks = 0;
      return looks;
    };
    mark(1000);
    expect(looks()).toBe(256);
    for (let i = 0; i < 9; i++) {
      clock.advance(10);
      mark(1000);
    }
    expect(looks()).toBe(9);
    clock.advance(10);
    mark(1000);
    expect(looks()).toBe(1 + 256);
  });

  it("goes on looking on a timer that takes no timeout more", () => {
    const timer = new HashedWheelTimer({ nativeTimer: { now: () => 77, set: () => 0, clear: () => {} } });
    timer.stop();
    for (let i = 0; i < 1000; i++) expect(timer.mark()).toBe(77);
  });
});

describe("markOn", () => {
  it("is exact on a ManualClock", () => {
    const clock = new ManualClock({ startMs: 5 });
    for (let i = 0; i < 1000; i++) expect(markOn(clock)).toBe(5);
    expect(clock.pending).toBe(0);
  });

  it("is never before the call on the system's clock", () => {
    for (let i = 0; i < 2000; i++) {
      const before = systemClock.now();
      expect(timeOf(markOn(systemClock))).toBeGreaterThanOrEqual(before);
    }
  });
});
