import { afterEach, describe, expect, it, vi } from "vitest";
import { ManualClock } from "../embedded/manual-clock.js";
import { systemClock } from "../system-clock.js";
import { RetryTimer } from "./retry-timer.js";

describe("RetryTimer", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("runs its task once, unless it is cancelled", () => {
    const clock = new ManualClock();
    const timer = new RetryTimer(clock);
    const task = vi.fn();
    timer.start(10, task);
    clock.advance(10);
    expect(task).toHaveBeenCalledOnce();
    timer.start(10, task);
    timer.cancel();
    timer.cancel();
    clock.advance(10);
    expect([task.mock.calls.length, clock.pending]).toEqual([1, 0]);
  });

  it("holds the host while Sluice's own clock, which does not, is waited for", () => {
    const tasks: (() => void)[] = [];
    vi.spyOn(systemClock, "schedule").mockImplementation((_delayMs, task) => {
      tasks.push(task);
      return { isPending: true, cancel: () => true, reschedule: () => {} };
    });
    const set = vi.spyOn(globalThis, "setTimeout").mockReturnValue(7 as never);
    const clear = vi.spyOn(globalThis, "clearTimeout").mockReturnValue();
    const timer = new RetryTimer(systemClock);
    timer.start(10, () => {});
    expect([set.mock.calls.length, set.mock.calls[0]?.[1], clear.mock.calls]).toEqual([1, 2 ** 31 - 1, []]);
    tasks[0]?.();
    expect(clear.mock.calls).toEqual([[7]]);
    timer.start(10, () => {});
    timer.cancel();
    timer.cancel();
    expect([set.mock.calls.length, clear.mock.calls]).toEqual([2, [[7], [7]]]);
  });

  it("leaves the host alone with a clock of the user's own", () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    new RetryTimer(new ManualClock()).start(10, () => {});
    expect(set).not.toHaveBeenCalled();
  });
});
