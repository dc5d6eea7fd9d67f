/**
 * Where all time in Sluice comes from.
 *
 * Nothing in Sluice asks the host for the time or sets a host timer by itself: channels and handlers take a
 * {@link Clock}. A running program uses `systemClock`, a test `ManualClock`, and the same handler behaves the same
 * way under both.
 *
 * ```
 *              schedule(delayMs, task)
 *                        │
 *                        ▼      the deadline passes
 *     ┌───────────► pending ───────────────────────► fired ──┐
 *     │                │  cancel()                           │
 *     │                └──────────────────────► cancelled ───┤
 *     └──────────────────── reschedule(delayMs) ─────────────┘   (a pending timeout simply moves)
 * ```
 */

import { SluiceError } from "@sluice/buffer";
import type { Moment } from "./moment.js";

/** A monotonic time source that also runs tasks later. */
export interface Clock {
  /** Milliseconds (fractions allowed) on a clock that never goes back; only differences have a meaning. */
  now(): number;

  /**
   * The present moment, to be asked for its time later if at all: for what happens very often and is seldom looked
   * back at, such as the last read of a connection. Between two marks of a busy program no clock need be looked at.
   *
   * @returns a moment whose {@link timeOf} is never before this call, and how long after it is up to the clock
   * @default `now()`
   */
  mark?(): Moment;

  /**
   * Runs `task` once, never earlier than `delayMs` from now and never before this call has returned.
   *
   * A negative delay counts as 0. How late a task may run is up to the clock. A task that has to run again calls
   * {@link Timeout.reschedule} on its own timeout, which costs no new object.
   *
   * @param delayMs - milliseconds; anything below infinity, however far beyond what a host timer could take
   * @throws SluiceError `INVALID_ARGUMENT` if the delay is `NaN` or infinite
   */
  schedule(delayMs: number, task: () => void): Timeout;

  /**
   * As `schedule`, for an object that waits: a closure less for each of very many.
   *
   * @default `schedule` with a function that calls it
   */
  scheduleTask?(delayMs: number, task: TimedTask): Timeout;
}

/** What waits for its time itself. */
export interface TimedTask {
  /** The time has come. */
  timedOut(): void;
}

/** Has a clock call an object's `timedOut`. */
export function scheduleOn(clock: Clock, delayMs: number, task: TimedTask): Timeout {
  return clock.scheduleTask?.(delayMs, task) ?? clock.schedule(delayMs, () => task.timedOut());
}

/** One task of a {@link Clock}: it can be taken back, and used again for as long as its owner likes. */
export interface Timeout {
  /** Whether the task is still to run; false from the moment it starts running. */
  readonly isPending: boolean;

  /**
   * Takes the task back; it does not run unless it is rescheduled.
   *
   * @returns whether it was still pending
   */
  cancel(): boolean;

  /**
   * Arms this same timeout again, `delayMs` from now, whether it is pending, has fired or was cancelled.
   * If it throws, the timeout stays as it was.
   *
   * @throws SluiceError as {@link Clock.schedule}
   */
  reschedule(delayMs: number): void;
}

/**
 * The moment `delayMs` after `now`, for those who implement {@link Clock}: a negative delay counts as 0.
 *
 * @throws SluiceError `INVALID_ARGUMENT` if the delay is `NaN` or infinite
 */
export function deadlineAfter(now: number, delayMs: number): number {
  // Written so that NaN fails it too.
  if (!(delayMs < Number.POSITIVE_INFINITY)) {
    throw new SluiceError("INVALID_ARGUMENT", `A delay must be a finite number of milliseconds, not ${delayMs}`);
  }
  return delayMs > 0 ? now + delayMs : now;
}
