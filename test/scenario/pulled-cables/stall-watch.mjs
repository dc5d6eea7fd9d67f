// How long a process wanted to run and could not: stopped, or waiting for a processor. A bound on what it promises holds
// for the time it had.
import { monotonicMs } from "./monotonic.mjs";

const TICK_MS = 10;
/** A tick is late by a millisecond or two on any machine. */
const USUAL_MS = 5;

const stalls = [];
let last = monotonicMs();

setInterval(() => {
  const now = monotonicMs();
  const lateMs = now - last - TICK_MS;
  if (lateMs > USUAL_MS) stalls.push({ from: last + TICK_MS, lateMs });
  last = now;
}, TICK_MS).unref();

export function stalledBetween(from, to) {
  const pending = Math.max(0, to - last - TICK_MS);
  const within = stalls.filter((stall) => stall.from + stall.lateMs > from && stall.from < to);
  return within.reduce((sum, { lateMs }) => sum + lateMs, pending);
}
