/**
 * The clock every channel uses unless it is given another: one {@link HashedWheelTimer} for the whole process.
 *
 * The wheel is made when the first task is scheduled, so importing Sluice sets nothing going. It cannot be stopped,
 * as nobody owns it; it needs no stopping either, as it does not keep a process alive.
 */

import type { Clock, TimedTask, Timeout } from "./clock.js";
import { HashedWheelTimer } from "./hashed-wheel-timer.js";
import type { Moment } from "./moment.js";
import { MomentMarker } from "./moment-marker.js";

/** What the shared clock offers beside being a {@link Clock}: a look at its health. */
export interface SystemClock extends Clock {
  /** How many timeouts are still to run, in the whole process. */
  readonly pending: number;
  /** Told of errors thrown by tasks; see {@link HashedWheelTimer.onError}. It is the application's to set. */
  onError: ((error: unknown) => void) | undefined;
  /** How many tasks have thrown. */
  readonly failures: number;
  /** The error thrown last. */
  readonly lastFailure: unknown;
}

let wheel: HashedWheelTimer | undefined;

/** The process-wide clock, with the default tick of a {@link HashedWheelTimer}. */
export const systemClock: SystemClock = {
  now(): number {
    return performance.now();
  },

  mark(): Moment {
    return marker.mark();
  },

  schedule(delayMs: number, task: () => void): Timeout {
    return shared().schedule(delayMs, task);
  },

  scheduleTask(delayMs: number, task: TimedTask): Timeout {
    return shared().scheduleTask(delayMs, task);
  },

  get pending(): number {
    return shared().pending;
  },

  get onError(): ((error: unknown) => void) | undefined {
    return shared().onError;
  },

  set onError(listener: ((error: unknown) => void) | undefined) {
    shared().onError = listener;
  },

  get failures(): number {
    return shared().failures;
  },

  get lastFailure(): unknown {
    return shared().lastFailure;
  },
};

function shared(): HashedWheelTimer {
  wheel ??= new HashedWheelTimer();
  return wheel;
}

/** Not the wheel's own: that would be found behind a question whether there is a wheel. */
const marker = new MomentMarker(systemClock);
