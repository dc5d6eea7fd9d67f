import { afterEach, describe, expect, it, vi } from "vitest";

/** The shared clock is made once per process; a fresh copy of the module stands for a fresh process. */
async function freshSystemClock() {
  vi.resetModules();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { systemClock } = await import("./system-clock.js");
  return systemClock;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("systemClock", () => {
  it("sets nothing going until a task is scheduled, and leaves nothing behind", async () => {
    const clock = await freshSystemClock();
    expect(clock.now()).toBe(performance.now());
    expect(vi.getTimerCount()).toBe(0);
    const task = vi.fn();
    const timeout = clock.schedule(30_000, task);
    clock.schedule(40_000, task).cancel();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(29_999);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(11);
    expect(task).toHaveBeenCalledOnce();
    expect(timeout.isPending).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not keep the process alive", async () => {
    const unref = vi.fn();
    const clock = await freshSystemClock();
    vi.spyOn(globalThis, "setTimeout").mockReturnValue({ unref } as never);
    clock.schedule(1_000, () => {});
    expect(unref).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  it("shows what it holds and what has failed", async () => {
    const clock = await freshSystemClock();
    const heard: unknown[] = [];
    expect([clock.pending, clock.failures, clock.lastFailure, clock.onError]).toEqual([0, 0, undefined, undefined]);
    clock.onError = (error) => heard.push(error);
    clock.schedule(5, () => {
      throw "broken";
    });
    expect(clock.pending).toBe(1);
    vi.advanceTimersByTime(20);
    expect([clock.pending, clock.failures, clock.lastFailure, heard]).toEqual([0, 1, "broken", ["broken"]]);
  });
});
