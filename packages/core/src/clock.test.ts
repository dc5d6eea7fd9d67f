import { describe, expect, it } from "vitest";
import { setup } from "../fixtures/manual-host.js";
import { type Clock, scheduleOn } from "./clock.js";
import { ManualClock } from "./embedded/index.js";

class Waiting {
  readonly times: number[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  timedOut(): void {
    this.times.push(this.#clock.now());
  }
}

describe("scheduleOn", () => {
  it("has a wheel call the object that waits, which may be moved and cancelled", () => {
    const { host, timer } = setup();
    const waiting = new Waiting(timer);
    const timeout = scheduleOn(timer, 20, waiting);
    host.clock.advance(30);
    timeout.reschedule(20);
    host.clock.advance(30);
    timeout.reschedule(20);
    expect([timeout.cancel(), timer.pending]).toEqual([true, 0]);
    host.clock.advance(100);
    expect(waiting.times).toEqual([20, 50]);
  });

  it("counts what the object throws, and runs the next one", () => {
    const { host, timer } = setup();
    const waiting = new Waiting(timer);
    scheduleOn(timer, 10, {
      timedOut() {
        throw new Error("no");
      },
    });
    scheduleOn(timer, 10, waiting);
    host.clock.advance(10);
    expect([timer.failures, waiting.times]).toEqual([1, [10]]);
  });

  it("does the same on a clock that knows functions only", () => {
    const clock = new ManualClock();
    const waiting = new Waiting(clock);
    scheduleOn(clock, 20, waiting);
    clock.advance(20);
    expect(waiting.times).toEqual([20]);
  });
});
