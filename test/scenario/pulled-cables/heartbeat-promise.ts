/** What a HeartbeatHandler promises about a peer that has fallen silent, with the times these scenarios use. */
import { expect } from "vitest";
import type { ClosedReport } from "./end-process.js";

const INTERVAL_MS = 300;
export const TIMEOUT_MS = 300;
export const TIMES = { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS };

/**
 * Interval and timeout, and a tenth for what the handler cannot know: a ping and its timeout may each come a tick of the
 * timer wheel late (10 ms), host timers round up, and the peer's last message was on its way for a moment. Time in which
 * the process was not let run comes on top; it measures that itself.
 */
export const NOTICED_WITHIN_MS = 1.1 * (INTERVAL_MS + TIMEOUT_MS);
/** "At once": some turns of the loop, far below any deadline for closing. */
const FREED_WITHIN_MS = 100;

/** Closed by the heartbeat, in time, with nothing left. */
export function expectDead(closed: ClosedReport): void {
  expect(closed.cause).toBe("HEARTBEAT_TIMEOUT");
  // Nothing is given up before a ping could have been answered.
  expect(closed.silenceMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  expectInTime(closed);
  expectFreed(closed);
}

export function expectInTime(closed: ClosedReport): void {
  expect(closed.silenceMs - closed.stalledMs, JSON.stringify(closed)).toBeLessThan(NOTICED_WITHIN_MS);
}

export function expectFreed(closed: ClosedReport): void {
  expect(closed.freedAfterMs - closed.freeingStalledMs, JSON.stringify(closed)).toBeLessThan(FREED_WITHIN_MS);
  expect(closed).toMatchObject({ sockets: 0, timeouts: 0, hostTimers: 0, unhandled: [] });
}
