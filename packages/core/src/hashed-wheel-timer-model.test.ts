import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualHost } from "../fixtures/manual-host.js";
import type { Timeout } from "./clock.js";
import { ManualClock } from "./embedded/manual-clock.js";
import { HashedWheelTimer } from "./hashed-wheel-timer.js";

describe("HashedWheelTimer against ManualClock", () => {
  const delay = fc.oneof(
    fc.integer({ min: -5, max: 60 }),
    fc.double({ min: 0, max: 400, noNaN: true }),
    fc.integer({ min: 0, max: 30_000 }),
  );
  const which = fc.nat(30);
  const change = fc.oneof(
    fc.record({ kind: fc.constant("schedule" as const), delay }),
    fc.record({ kind: fc.constant("cancel" as const), which }),
    fc.record({ kind: fc.constant("reschedule" as const), which, delay }),
  );
  const step = fc.oneof(
    { weight: 4, arbitrary: change },
    // Done by the task of a timeout when it next fires.
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("inTask" as const), which, change }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: delay.map(Math.abs) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("block" as const), ms: fc.nat(2_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("early" as const), ms: fc.constantFrom(0, 0.5, 1) }) },
  );

  it("fires the same timeouts, each once, never early, a tick late at most", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.constantFrom(1, 3, 10, 100),
        fc.constantFrom(1, 2, 8, 512),
        (steps, tickMs, wheelSize) => {
          new Duel(tickMs, wheelSize).run(steps);
        },
      ),
      { numRuns: 500 },
    );
  });

  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** One timeout on both clocks. */
  class Pair {
    readonly inTask: Change[] = [];
    /** When the oracle ran it and the wheel has not yet. */
    due: number | undefined;
    armed = true;
    wheel!: Timeout;
    oracle!: Timeout;
  }

  class Duel {
    readonly host = new ManualHost();
    readonly oracle = new ManualClock();
    readonly timer: HashedWheelTimer;
    readonly tickMs: number;
    readonly pairs: Pair[] = [];
    worstBlockMs = 0;
    lastFiredTick = 0;

    constructor(tickMs: number, wheelSize: number) {
      this.tickMs = tickMs;
      this.timer = new HashedWheelTimer({ nativeTimer: this.host, tickMs, wheelSize });
      this.host.beforeWake = () => this.oracle.advanceTo(this.host.now());
    }

    run(steps: readonly Step[]): void {
      for (const step of steps) {
        if (step.kind === "advance") this.advance(step.ms);
        else if (step.kind === "block") this.block(step.ms);
        else if (step.kind === "early") this.host.earlyMs = step.ms;
        else if (step.kind === "inTask") this.pick(step.which)?.inTask.push(step.change);
        else this.apply(step);
        this.check();
      }
      this.advance(100_000);
      this.check();
      expect([this.timer.pending, this.host.live, this.timer.failures]).toEqual([0, 0, 0]);
    }

    apply(change: Change): void {
      if (change.kind === "schedule") {
        const pair = new Pair();
        pair.wheel = this.timer.schedule(change.delay, () => this.fired(pair));
        pair.oracle = this.oracle.schedule(change.delay, () => {
          pair.due = this.oracle.now();
        });
        this.pairs.push(pair);
        return;
      }
      const pair = this.pick(change.which);
      if (pair === undefined) return;
      if (change.kind === "cancel") {
        expect(pair.wheel.cancel()).toBe(pair.armed);
        pair.oracle.cancel();
        pair.armed = false;
      } else {
        pair.wheel.reschedule(change.delay);
        pair.oracle.reschedule(change.delay);
        pair.armed = true;
      }
      pair.due = undefined;
    }

    fired(pair: Pair): void {
      // Not due: it is early, or fires a second time.
      if (pair.due === undefined) throw new Error("fired without being due");
      const deadlineTick = Math.ceil(pair.due / this.tickMs - 1e-9);
      // Less one: what a task arms for the very tick that is running goes to the end of the next.
      expect(deadlineTick).toBeGreaterThanOrEqual(this.lastFiredTick - 1);
      this.lastFiredTick = Math.max(this.lastFiredTick, deadlineTick);
      this.expectInTime(pair.due);
      pair.due = undefined;
      pair.armed = false;
      for (const change of pair.inTask.splice(0)) this.apply(change);
    }

    /** After every step: nothing overdue is left lying, and both sides agree on what is pending. */
    check(): void {
      for (const pair of this.pairs) {
        expect(pair.wheel.isPending).toBe(pair.armed);
        expect(pair.oracle.isPending).toBe(pair.armed && pair.due === undefined);
        if (pair.due !== undefined) this.expectInTime(pair.due);
      }
      const armed = this.pairs.filter((pair) => pair.armed).length;
      expect([this.timer.pending, this.host.live]).toEqual([armed, armed > 0 ? 1 : 0]);
      expect(this.host.mostLive).toBeLessThanOrEqual(1);
      expect(this.timer.lastFailure).toBeUndefined();
    }

    /** Host timers take whole milliseconds, hence one more. A wheel that gives way may be blocked a second time. */
    expectInTime(due: number): void {
      const blocks = this.worstBlockMs > 50 ? 2 : 1;
      expect(this.host.now() - due).toBeLessThanOrEqual(this.tickMs + 1 + blocks * this.worstBlockMs);
    }

    advance(ms: number): void {
      this.host.clock.advance(ms);
      this.oracle.advanceTo(this.host.now());
    }

    /** The next host timer fires, and runs only `ms` later. */
    block(ms: number): void {
      this.worstBlockMs = Math.max(this.worstBlockMs, ms);
      const next = this.host.clock.nextDeadline;
      if (next === undefined) return;
      this.host.blockedMs = ms;
      const { beforeWake } = this.host;
      this.host.beforeWake = () => {
        this.host.blockedMs = 0;
        beforeWake();
      };
      this.host.clock.advanceTo(next);
      this.host.beforeWake = beforeWake;
      this.oracle.advanceTo(this.host.now());
    }

    pick(which: number): Pair | undefined {
      return this.pairs[which % Math.max(this.pairs.length, 1)];
    }
  }
});
