import { describe, expect, it } from "vitest";
import { setup } from "../fixtures/manual-host.js";
import { HashedWheelTimer } from "./hashed-wheel-timer.js";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("HashedWheelTimer", () => {
  it("fires at the first tick at or after the deadline", () => {
    const { host, timer, events, log } = setup();
    timer.schedule(10, log("on a tick"));
    timer.schedule(10.5, log("just after"));
    timer.schedule(29, log("before"));
    host.clock.advance(9.9);
    expect(events).toEqual([]);
    host.clock.advance(100);
    expect(events).toEqual(["on a tick@10", "just after@20", "before@30"]);
    expect(timer.now()).toBe(host.now());
  });

  it("is not early by a hair either", () => {
    const { host, timer, events, log } = setup();
    timer.schedule(Number.MIN_VALUE, log("a"));
    host.clock.advance(0);
    expect(events).toEqual([]);
    host.clock.advance(10);
    expect(events).toEqual(["a@10"]);
  });

  it("treats a negative delay as 0 and never runs a task inside schedule", () => {
    const { host, timer, events, log } = setup();
    timer.schedule(-1, log("a"));
    timer.schedule(Number.NEGATIVE_INFINITY, log("b"));
    expect(events).toEqual([]);
    host.clock.advance(0);
    expect(events).toEqual(["a@0", "b@0"]);
  });

  it("keeps timeouts of later rounds in their bucket, and order across rounds", () => {
    const { host, timer, events, log } = setup({ wheelSize: 4 });
    for (const tick of [9, 1, 5, 2, 4, 8]) timer.schedule(tick * 10, log(`${tick}`));
    host.clock.advance(1_000);
    expect(events).toEqual(["1@10", "2@20", "4@40", "5@50", "8@80", "9@90"]);
  });

  it("fires everything overdue in tick order after a blocked loop", () => {
    const { host, timer, events, log } = setup({ wheelSize: 4 });
    host.blockedMs = 1_000;
    for (const tick of [90, 12, 1, 33, 5]) timer.schedule(tick * 10, log(`${tick}`));
    timer.schedule(1_100, log("not yet"));
    host.clock.advance(10);
    expect([events, host.wakes]).toEqual([[], 1]);
    host.blockedMs = 0;
    host.clock.advance(0);
    expect(events).toEqual(["1@1010", "5@1010", "12@1010", "33@1010", "90@1010"]);
    expect(host.wakes).toBe(2);
    expect(timer.pending).toBe(1);
  });

  it("gives a host that was held up one turn to read what has arrived, and no more", () => {
    const { host, timer, events, log } = setup();
    const silence = timer.schedule(1_000, log("silence"));
    timer.schedule(1_000, log("other"));
    host.blockedMs = 60;
    host.beforeWake = () => {
      host.beforeWake = () => {};
      host.clock.schedule(0, () => silence.reschedule(1_000));
    };
    host.clock.advance(1_000);
    expect([events, host.wakes]).toEqual([[], 1]);
    // Held up again: whoever is always late must not wait for ever.
    host.clock.advance(0);
    expect([events, host.wakes]).toEqual([["other@1120"], 2]);
    host.blockedMs = 50;
    host.clock.advance(940);
    expect([events, host.wakes]).toEqual([["other@1120", "silence@2110"], 3]);
  });

  it("forgets that it has given way when there is nothing left to wait for", () => {
    const { host, timer, events, log } = setup();
    host.blockedMs = 60;
    const timeout = timer.schedule(10, log("a"));
    host.clock.advance(10);
    timeout.cancel();
    timeout.reschedule(10);
    host.clock.advance(10);
    expect([events, host.wakes]).toEqual([[], 2]);
    host.clock.advance(0);
    expect([events, host.wakes]).toEqual([["a@200"], 3]);
  });

  it("sleeps on when the host wakes it early", () => {
    const { host, timer, events, log } = setup();
    host.earlyMs = 0.75;
    timer.schedule(10, log("a"));
    host.clock.advance(9.4);
    expect(host.wakes).toBe(1);
    expect(events).toEqual([]);
    host.clock.advance(1);
    expect(events).toHaveLength(1);
  });

  it("cancels at once and tells whether there was anything to cancel", () => {
    const { host, timer, events, log } = setup();
    const timeout = timer.schedule(10, log("a"));
    expect([timeout.isPending, timer.pending]).toEqual([true, 1]);
    expect([timeout.cancel(), timeout.cancel(), timeout.isPending, timer.pending]).toEqual([true, false, false, 0]);
    const fired = timer.schedule(10, log("b"));
    host.clock.advance(20);
    expect(events).toEqual(["b@10"]);
    expect([fired.isPending, fired.cancel()]).toEqual([false, false]);
  });

  it("rearms pending, fired and cancelled timeouts without making new ones", () => {
    const { host, timer, events, log } = setup();
    const timeout = timer.schedule(10, log("a"));
    timeout.reschedule(50);
    host.clock.advance(40);
    expect(events).toEqual([]);
    host.clock.advance(10);
    timeout.reschedule(30);
    host.clock.advance(30);
    timeout.reschedule(10);
    timeout.cancel();
    timeout.reschedule(20);
    expect(timer.pending).toBe(1);
    host.clock.advance(20);
    expect(events).toEqual(["a@50", "a@80", "a@100"]);
    expect(timer.pending).toBe(0);
  });

  it("lets a task cancel, move and schedule others of its own tick", () => {
    const { host, timer, events, log } = setup();
    timer.schedule(10, () => {
      log("first")();
      expect(cancelled.cancel()).toBe(true);
      moved.reschedule(10);
      timer.schedule(0, log("new"));
    });
    const cancelled = timer.schedule(10, log("cancelled"));
    const moved = timer.schedule(10, log("moved"));
    timer.schedule(10, log("last"));
    host.clock.advance(100);
    expect(events).toEqual(["first@10", "last@10", "moved@20", "new@20"]);
  });

  it("runs a task that reschedules itself by 0 once a tick", () => {
    const { host, timer, events, log } = setup();
    const again = timer.schedule(0, () => {
      log("again")();
      expect(again.isPending).toBe(false);
      again.reschedule(0);
      expect(again.isPending).toBe(true);
    });
    host.clock.advance(30);
    expect(events).toEqual(["again@0", "again@10", "again@20", "again@30"]);
  });

  it("goes on after a task that throws, and keeps the error", () => {
    const { host, timer, events, log } = setup();
    const broken = (): void => {
      throw new Error("task");
    };
    timer.schedule(10, broken);
    timer.schedule(10, log("next"));
    timer.schedule(20, log("later"));
    host.clock.advance(20);
    expect(events).toEqual(["next@10", "later@20"]);
    expect(timer.failures).toBe(1);
    expect(timer.lastFailure).toEqual(new Error("task"));

    const heard: unknown[] = [];
    timer.onError = (error) => {
      heard.push(error);
      throw new Error("listener");
    };
    timer.schedule(10, broken);
    timer.schedule(10, log("next"));
    host.clock.advance(10);
    expect(events).toHaveLength(3);
    expect(heard).toEqual([new Error("task")]);
    expect(timer.failures).toBe(3);
    expect(timer.lastFailure).toEqual(new Error("listener"));
  });

  it("hands errors to the listener given as an option", () => {
    const heard: unknown[] = [];
    const { host, timer } = setup({ onError: (error) => heard.push(error) });
    timer.schedule(0, () => {
      throw "broken";
    });
    host.clock.advance(0);
    expect(heard).toEqual(["broken"]);
  });

  it("stops: cancels everything, refuses everything, leaves no host timer", () => {
    const { host, timer, events, log } = setup();
    const timeouts = [10, 20, 99_999].map((delayMs) => timer.schedule(delayMs, log("never")));
    timeouts[0]?.cancel();
    expect(timer.stop()).toBe(2);
    expect(timer.stop()).toBe(0);
    expect([timer.pending, host.live]).toEqual([0, 0]);
    expect(timeouts.map((timeout) => timeout.isPending || timeout.cancel())).toEqual([false, false, false]);
    expect(() => timer.schedule(1, log("never"))).toThrow(code("TIMER_STOPPED"));
    expect(() => timeouts[0]?.reschedule(1)).toThrow(code("TIMER_STOPPED"));
    host.clock.advance(100_000);
    expect(events).toEqual([]);
  });

  it("may be stopped from within a task", () => {
    const { host, timer, events, log } = setup();
    let cancelled = 0;
    timer.schedule(10, () => {
      cancelled = timer.stop();
    });
    timer.schedule(10, log("same tick"));
    timer.schedule(50, log("later"));
    host.clock.advance(100);
    expect([cancelled, timer.pending, host.live, events]).toEqual([2, 0, 0, []]);
  });

  it("refuses delays that can never be meant, and changes nothing", () => {
    const { timer, host, events, log } = setup();
    const timeout = timer.schedule(10, log("a"));
    for (const delayMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => timer.schedule(delayMs, log("never"))).toThrow(code("INVALID_ARGUMENT"));
      expect(() => timeout.reschedule(delayMs)).toThrow(code("INVALID_ARGUMENT"));
    }
    expect(timer.pending).toBe(1);
    host.clock.advance(10);
    expect(events).toEqual(["a@10"]);
  });

  it("takes delays beyond what a host timer can", () => {
    const { host, timer, events, log } = setup();
    const delayMs = 5 * 2 ** 31;
    timer.schedule(delayMs, log("a"));
    timer.schedule(Number.MAX_VALUE, log("never")).cancel();
    host.clock.advance(delayMs - 1);
    expect(events).toEqual([]);
    host.clock.advance(10);
    expect(events).toEqual([`a@${delayMs}`]);
    expect(host.longestDelayMs).toBe(2 ** 31 - 1);
    expect(host.wakes).toBe(6);
  });

  it("bounds how many timeouts may be pending", () => {
    const { timer } = setup({ maxPending: 2 });
    const a = timer.schedule(10, () => {});
    const b = timer.schedule(10, () => {});
    expect(() => timer.schedule(10, () => {})).toThrow(
      expect.objectContaining({ code: "CAPACITY_EXCEEDED", limit: 2 }),
    );
    b.reschedule(20);
    a.cancel();
    timer.schedule(10, () => {});
    expect(() => a.reschedule(10)).toThrow(code("CAPACITY_EXCEEDED"));
    expect([a.isPending, timer.pending]).toEqual([false, 2]);
  });

  it.each([
    { tickMs: 0 },
    { tickMs: 0.5 },
    { tickMs: 2 ** 31 },
    { wheelSize: 0 },
    { wheelSize: 65_537 },
    { maxPending: 0 },
  ])("refuses %o", (options) => {
    expect(() => new HashedWheelTimer(options)).toThrow(code("INVALID_ARGUMENT"));
  });
});

describe("HashedWheelTimer's use of the host", () => {
  it("holds 100 000 timeouts in one host timer and none once they are gone", () => {
    const { host, timer } = setup();
    let fired = 0;
    const timeouts = Array.from({ length: 100_000 }, (_, i) =>
      timer.schedule(30_000 + ((i * 7_919) % 30_000), () => fired++),
    );
    expect([timer.pending, host.live, host.mostLive]).toEqual([100_000, 1, 1]);
    // The first is the nearest of all.
    expect(host.sets).toBe(1);
    for (let i = 0; i < timeouts.length; i += 2) timeouts[i]?.cancel();
    host.clock.advance(60_010);
    expect([fired, timer.pending, host.live, host.mostLive]).toEqual([50_000, 0, 0, 1]);
  });

  it("sleeps while 50 000 timeouts are 30 s away", () => {
    const { host, timer } = setup();
    for (let i = 0; i < 50_000; i++) timer.schedule(30_000 + i / 10, () => {});
    host.clock.advance(29_999);
    expect(host.wakes).toBe(0);
    host.clock.advance(5_100);
    // One wake-up a tick at most.
    expect(host.wakes).toBeLessThanOrEqual(501);
    expect([timer.pending, host.live]).toEqual([0, 0]);
  });

  it("moves the host timer only for a nearer timeout", () => {
    const { host, timer } = setup();
    timer.schedule(1_000, () => {});
    timer.schedule(2_000, () => {});
    timer.schedule(1_000, () => {});
    expect(host.sets).toBe(1);
    const nearest = timer.schedule(500, () => {});
    expect(host.sets).toBe(2);
    nearest.cancel();
    expect(host.sets).toBe(2);
    host.clock.advance(1_000);
    expect(timer.pending).toBe(1);
    expect(host.mostLive).toBe(1);
  });

  it("does not wake up for a tick whose timeouts were all cancelled", () => {
    const { host, timer } = setup();
    timer.schedule(10, () => {});
    timer.schedule(1_000, () => {});
    for (let i = 0; i < 50; i++) timer.schedule(20 + i, () => {}).cancel();
    host.clock.advance(1_000);
    expect(host.wakes).toBe(2);
  });

  it("sets the host timer once after a sweep, however much its tasks arm", () => {
    const { host, timer } = setup();
    timer.schedule(10, () => {
      for (let delayMs = 1_000; delayMs > 0; delayMs -= 10) timer.schedule(delayMs, () => {});
    });
    host.clock.advance(10);
    expect([host.sets, host.live, timer.pending]).toEqual([2, 1, 100]);
  });

  it("leaves no host timer when a task cancels the last timeout", () => {
    const { host, timer } = setup();
    const other = timer.schedule(500, () => {});
    timer.schedule(10, () => {
      other.cancel();
    });
    host.clock.advance(10);
    expect([timer.pending, host.live]).toEqual([0, 0]);
  });
});
