/**
 * A clock for tests: time stands still until the test moves it.
 *
 * ```
 *   advance(30)      t=0 ──────── 10 ──────── 25 ── 30
 *                                  │           │
 *                               task A      task B      now() is 10 in A and 25 in B, and 30 afterwards
 * ```
 *
 * Timeouts run in the order of their deadlines, ties in the order in which they were armed, each with `now()` equal
 * to its own deadline; what a task schedules runs in the same advance if it falls due in it. Nothing waits and nothing
 * is rounded: a test sees the exact moments a `HashedWheelTimer` approaches by a tick.
 *
 * Scheduling, cancelling and running cost O(log n) in a binary heap.
 */

import { SluiceError } from "@sluice/buffer";
import { type Clock, deadlineAfter, type Timeout } from "../clock.js";

export interface ManualClockOptions {
  /**
   * What `now()` says at first, in milliseconds.
   *
   * @default 0
   */
  readonly startMs?: number;
}

/** A {@link Clock} whose time passes only in {@link ManualClock.advance} and {@link ManualClock.advanceTo}. */
export class ManualClock implements Clock {
  #now: number;
  readonly #heap = new DeadlineHeap();

  /** @throws SluiceError `INVALID_ARGUMENT` if `startMs` is not finite */
  constructor({ startMs = 0 }: ManualClockOptions = {}) {
    if (!Number.isFinite(startMs)) throw new SluiceError("INVALID_ARGUMENT", `startMs must be finite, not ${startMs}`);
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, task: () => void): Timeout {
    const timeout = new ManualTimeout(this, this.#heap, task);
    timeout.reschedule(delayMs);
    return timeout;
  }

  /** How many timeouts are still to run. */
  get pending(): number {
    return this.#heap.size;
  }

  /** When the next timeout is due, on the scale of `now()`; `undefined` if none is pending. */
  get nextDeadline(): number | undefined {
    return this.#heap.first?.deadline;
  }

  /**
   * Lets `deltaMs` pass and runs what falls due; 0 runs what is due now.
   *
   * @throws SluiceError `INVALID_ARGUMENT` if `deltaMs` is negative or not finite; and whatever a task throws
   */
  advance(deltaMs: number): void {
    this.advanceTo(this.#now + deltaMs);
  }

  /**
   * Lets time pass until `now()` is `timeMs` and runs what falls due.
   *
   * An error thrown by a task leaves this method at once, as a test wants to see it: time has then stopped at that
   * task, which counts as fired, and advancing again goes on after it. A task may itself advance the clock. A task
   * that keeps rescheduling itself by 0 never lets time pass, and this method does not return.
   *
   * @throws SluiceError `INVALID_ARGUMENT` if `timeMs` is in the past or not finite; and whatever a task throws
   */
  advanceTo(timeMs: number): void {
    if (!(timeMs >= this.#now && timeMs < Number.POSITIVE_INFINITY)) {
      throw new SluiceError("INVALID_ARGUMENT", `Time cannot move from ${this.#now} to ${timeMs}`);
    }
    for (let timeout = this.#heap.first; timeout !== undefined; timeout = this.#heap.first) {
      if (timeout.deadline > timeMs) break;
      this.#heap.remove(timeout);
      // A task that advances the clock itself may have passed this deadline, or the whole distance, already.
      this.#now = Math.max(this.#now, timeout.deadline);
      const { task } = timeout;
      task();
    }
    this.#now = Math.max(this.#now, timeMs);
  }
}

class ManualTimeout implements Timeout {
  readonly #clock: ManualClock;
  readonly #heap: DeadlineHeap;
  readonly task: () => void;
  deadline = 0;
  /** Breaks ties: rises with each arming. */
  order = 0;
  /** Place in the heap, -1 while not pending. */
  index = -1;

  constructor(clock: ManualClock, heap: DeadlineHeap, task: () => void) {
    this.#clock = clock;
    this.#heap = heap;
    this.task = task;
  }

  get isPending(): boolean {
    return this.index >= 0;
  }

  cancel(): boolean {
    if (!this.isPending) return false;
    this.#heap.remove(this);
    return true;
  }

  reschedule(delayMs: number): void {
    const deadline = deadlineAfter(this.#clock.now(), delayMs);
    this.cancel();
    this.deadline = deadline;
    this.#heap.insert(this);
  }
}

/** A binary heap whose entries know their place, so that any of them can be taken out. */
class DeadlineHeap {
  readonly #entries: ManualTimeout[] = [];
  #armed = 0;

  get size(): number {
    return this.#entries.length;
  }

  get first(): ManualTimeout | undefined {
    return this.#entries[0];
  }

  insert(timeout: ManualTimeout): void {
    timeout.order = this.#armed++;
    this.#entries.push(timeout);
    this.#moveUp(timeout, this.#entries.length - 1);
  }

  remove(timeout: ManualTimeout): void {
    const { index } = timeout;
    const last = this.#entries.pop() as ManualTimeout;
    timeout.index = -1;
    if (last === timeout) return;
    // The last entry fills the gap; whichever way it is out of place, one of the two moves does nothing.
    this.#moveUp(last, index);
    this.#moveDown(last, last.index);
  }

  #moveUp(timeout: ManualTimeout, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#entries[above] as ManualTimeout;
      if (isBefore(parent, timeout)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(timeout, index);
  }

  #moveDown(timeout: ManualTimeout, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#entries[2 * index + 1];
      const right = this.#entries[2 * index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(timeout, child)) break;
      const below = child.index;
      this.#put(child, index);
      index = below;
    }
    this.#put(timeout, index);
  }

  #put(timeout: ManualTimeout, index: number): void {
    this.#entries[index] = timeout;
    timeout.index = index;
  }
}

function isBefore(a: ManualTimeout, b: ManualTimeout): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}
