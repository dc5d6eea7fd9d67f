/**
 * A clock for very many timeouts that are mostly cancelled or moved: a hashed timing wheel.
 *
 * ```
 *   tick = deadline / tickMs, rounded up           bucket = tick mod wheelSize
 *
 *          0     1     2     3         511
 *       ┌─────┬─────┬─────┬─────┬ ─ ─ ┬─────┐
 *       │     │  ○  │     │  ○  │     │     │     ○ head: circular list, knows a lower bound of its ticks
 *       └─────┴──┼──┴─────┴──┼──┴ ─ ─ ┴─────┘
 *              ● 1         ● 3                    ● timeout: is itself the list node, holds its tick
 *                          ● 515   (next round)
 *
 *   sleep ── until the lowest bound, in one host timer ──► sweep: what is due ──► due list ──► tasks, one by one
 * ```
 *
 * Guarantees. A task never runs early, and about one tick late at most if the host's timers are punctual. Tasks
 * run in the order of their ticks, however late the wheel wakes up; within one tick they run in the order in which
 * they were armed. A cancelled timeout is unlinked at once: the wheel keeps nothing of it. A task may schedule,
 * cancel and reschedule any timeout, itself included, and those due in the same tick; what it arms runs in a later
 * tick, so a task that reschedules itself by 0 runs once a tick and starves nobody.
 *
 * Where host timers go before input, as in Node, a process that was held up, by a long computation or by being stopped,
 * would blame its peers for a silence of its own. So a wheel that wakes up very late gives the host one turn to read what
 * has arrived, and only then looks at what is due.
 *
 * Costs. Scheduling, cancelling and rescheduling are O(1); a timeout is one object. The wheel sleeps until the next
 * tick that has something due (a sweep looks at `wheelSize` bounds to find it), so timeouts far away cost no CPU. Only
 * a timeout nearer than all others moves the host timer. With nothing pending there is no host timer, and the one
 * there is does not keep a process alive.
 */

import { SluiceError } from "@sluice/buffer";
import { type Clock, deadlineAfter, type TimedTask, type Timeout } from "./clock.js";
import type { Moment } from "./moment.js";
import { MomentMarker } from "./moment-marker.js";

/** What a wheel needs of its host: the time, and one timer. */
export interface NativeTimer {
  /** Milliseconds, never going back. */
  now(): number;
  /**
   * Calls `wake` once, about `delayMs` from now; early is allowed. It should not keep the process alive.
   *
   * @param delayMs - a whole number from 0 to 2^31 - 1
   * @returns what {@link NativeTimer.clear} takes
   */
  set(delayMs: number, wake: () => void): unknown;
  clear(handle: unknown): void;
}

export interface HashedWheelTimerOptions {
  /**
   * Length of a tick in whole milliseconds: how late a task may run, and how rarely the wheel may wake up. At the
   * default it wakes at most a hundred times a second, and 10 ms vanish beside any timeout a network needs.
   *
   * @default 10
   */
  readonly tickMs?: number;
  /**
   * Number of buckets, rounded up to a power of two, at most 65 536. A timeout further away than
   * `tickMs * wheelSize` shares its bucket with nearer ones. The default spans 5 s, costs some 40 KiB and is cheap to
   * look through: a 30 s timeout is passed over six times in its life.
   *
   * @default 512
   */
  readonly wheelSize?: number;
  /**
   * How many timeouts may be pending at once. The default is far above one timeout for each connection a process can
   * hold, and stops a leak at some 100 MiB.
   *
   * @default 1_000_000
   */
  readonly maxPending?: number;
  /** See {@link HashedWheelTimer.onError}. */
  readonly onError?: (error: unknown) => void;
  /** @default the host's `performance.now`, `setTimeout` and `clearTimeout` */
  readonly nativeTimer?: NativeTimer;
}

/**
 * A {@link Clock} that holds any number of timeouts in one host timer.
 *
 * Use it where there is a timeout or two for each connection or request. Most programs share `systemClock`; make one
 * of your own for another precision or bound, or to stop everything at once.
 */
export class HashedWheelTimer implements Clock {
  readonly #wheel: Wheel;
  readonly #marker = new MomentMarker(this);

  /** @throws SluiceError `INVALID_ARGUMENT` if an option is out of range */
  constructor(options: HashedWheelTimerOptions = {}) {
    this.#wheel = new Wheel(options);
  }

  now(): number {
    return this.#wheel.native.now();
  }

  /** A moment up to about two ticks late while there are many of them, exact otherwise. */
  mark(): Moment {
    return this.#marker.mark();
  }

  /**
   * Runs `task` once, `delayMs` from now or up to a tick later.
   *
   * @throws SluiceError `INVALID_ARGUMENT` if the delay is `NaN` or infinite, `TIMER_STOPPED` after
   * {@link HashedWheelTimer.stop}, `CAPACITY_EXCEEDED` if `maxPending` timeouts are pending; the timeout's
   * `reschedule` throws the same
   */
  schedule(delayMs: number, task: () => void): Timeout {
    return this.#arm(delayMs, task);
  }

  /** As `schedule`, without a closure. */
  scheduleTask(delayMs: number, task: TimedTask): Timeout {
    return this.#arm(delayMs, task);
  }

  /** How many timeouts are still to run. */
  get pending(): number {
    return this.#wheel.pending;
  }

  /**
   * Told of each error a task throws; the tasks after it run all the same.
   *
   * A clock belongs to no channel that could be closed, and has no neutral place to log to: throwing on would take
   * the process down, or delay everybody else's tasks. So without a listener an error is kept and counted, in
   * {@link HashedWheelTimer.lastFailure} and {@link HashedWheelTimer.failures}, where a health check finds it. The
   * timeouts of channels never get here: their errors go through the pipeline. Set this if you schedule tasks of
   * your own. An error thrown by the listener is counted like one of a task, and not reported to it again.
   */
  get onError(): ((error: unknown) => void) | undefined {
    return this.#wheel.onError;
  }

  set onError(listener: ((error: unknown) => void) | undefined) {
    this.#wheel.onError = listener;
  }

  /** How many times a task or {@link HashedWheelTimer.onError} has thrown. */
  get failures(): number {
    return this.#wheel.failures;
  }

  /** The error thrown last; `undefined` as long as {@link HashedWheelTimer.failures} is 0. */
  get lastFailure(): unknown {
    return this.#wheel.lastFailure;
  }

  /**
   * Cancels everything pending and refuses everything new; may be called from within a task, and again.
   *
   * @returns how many timeouts it has cancelled
   */
  stop(): number {
    return this.#wheel.stop();
  }

  #arm(delayMs: number, task: (() => void) | TimedTask): Timeout {
    const timeout = new WheelTimeout(this.#wheel, task);
    this.#wheel.arm(timeout, delayMs);
    return timeout;
  }
}

/** A timeout, and the node by which it hangs in a bucket. Heads of lists are of the same class to keep links monomorphic. */
class WheelTimeout implements Timeout {
  readonly wheel: Wheel;
  readonly task: (() => void) | TimedTask;
  /** Of a timeout: when it is due. Of a head: no timeout in the list is due earlier; infinite if the list is empty. */
  tick = Number.POSITIVE_INFINITY;
  /** Both are undefined while the timeout is not pending. */
  next: WheelTimeout | undefined = undefined;
  previous: WheelTimeout | undefined = undefined;

  constructor(wheel: Wheel, task: (() => void) | TimedTask) {
    this.wheel = wheel;
    this.task = task;
  }

  get isPending(): boolean {
    return this.next !== undefined;
  }

  cancel(): boolean {
    return this.wheel.cancel(this);
  }

  reschedule(delayMs: number): void {
    this.wheel.arm(this, delayMs);
  }
}

class Wheel {
  readonly native: NativeTimer;
  onError: ((error: unknown) => void) | undefined;
  pending = 0;
  failures = 0;
  lastFailure: unknown = undefined;

  readonly #tickMs: number;
  readonly #maxPending: number;
  readonly #mask: number;
  readonly #buckets: WheelTimeout[] = [];
  /** What the present sweep has found due and not run yet. */
  readonly #due: WheelTimeout = this.#newList();
  /** Every tick up to this one is over. */
  #sweptTick = Number.NEGATIVE_INFINITY;
  #sweeping = false;
  #stopped = false;
  /** The tick for which the host timer is set, infinite if it is not; no timeout in a bucket is due earlier. */
  #wakeTick = Number.POSITIVE_INFINITY;
  #handle: unknown = undefined;
  /** Late as it is, the host was given a turn for what it has not got round to. */
  #gaveWay = false;
  /** Made once, so that setting the host timer makes no closure. */
  readonly #wake = (): void => this.#sweep();

  constructor(options: HashedWheelTimerOptions) {
    this.#tickMs = wholeNumber("tickMs", options.tickMs ?? 10, 1, MAX_NATIVE_DELAY_MS);
    this.#maxPending = wholeNumber("maxPending", options.maxPending ?? 1_000_000, 1, Number.MAX_SAFE_INTEGER);
    const wheelSize = wholeNumber("wheelSize", options.wheelSize ?? 512, 1, 65_536);
    let size = 1;
    while (size < wheelSize) size *= 2;
    this.#mask = size - 1;
    for (let i = 0; i < size; i++) this.#buckets.push(this.#newList());
    this.native = options.nativeTimer ?? hostTimer;
    this.onError = options.onError;
  }

  arm(timeout: WheelTimeout, delayMs: number): void {
    if (this.#stopped) throw new SluiceError("TIMER_STOPPED");
    const tick = Math.max(this.#tickAtOrAfter(deadlineAfter(this.native.now(), delayMs)), this.#sweptTick + 1);
    if (timeout.next !== undefined) unlink(timeout);
    else if (this.pending < this.#maxPending) this.pending++;
    else throw tooMany(this.#maxPending);
    const head = this.#bucketOf(tick);
    timeout.tick = tick;
    append(head, timeout);
    if (tick < head.tick) head.tick = tick;
    // A sweep sets the host timer once, at its end.
    if (tick < this.#wakeTick && !this.#sweeping) this.#sleepUntil(tick);
  }

  cancel(timeout: WheelTimeout): boolean {
    if (timeout.next === undefined) return false;
    unlink(timeout);
    this.pending--;
    // Otherwise the host timer stays as it is: waking once in vain is cheaper than looking for the next tick here.
    if (this.pending === 0) this.#clearNative();
    return true;
  }

  stop(): number {
    const cancelled = this.pending;
    this.#stopped = true;
    this.pending = 0;
    this.#clearNative();
    clearList(this.#due);
    for (const head of this.#buckets) clearList(head);
    return cancelled;
  }

  #sweep(): void {
    let first = this.#wakeTick;
    this.#handle = undefined;
    this.#wakeTick = Number.POSITIVE_INFINITY;
    const now = this.native.now();
    if (now - first * this.#tickMs > HELD_UP_MS && !this.#gaveWay) {
      this.#sleepUntil(first);
      this.#gaveWay = true;
      return;
    }
    this.#gaveWay = false;
    // Host timers may be a little early; then nothing is due, and the rest of the time is slept now.
    const last = Math.floor(now / this.#tickMs);
    if (first <= last) {
      this.#sweptTick = last;
      this.#sweeping = true;
      // One turn of the wheel at a time, so that order holds even if the wake-up comes several turns late.
      while (first <= last) {
        this.#collect(first, Math.min(last, first + this.#mask));
        first = this.#lowestBound();
      }
      this.#runDue();
      this.#sweeping = false;
    }
    if (this.pending > 0) this.#sleepUntil(this.#lowestBound());
  }

  /** Moves what is due from `first` to `last`, at most one turn, to the due list. Nothing is due before `first`. */
  #collect(first: number, last: number): void {
    for (let tick = first; tick <= last; tick++) {
      const head = this.#bucketOf(tick);
      if (head.tick > last) continue;
      let bound = Number.POSITIVE_INFINITY;
      let timeout = head.next as WheelTimeout;
      while (timeout !== head) {
        const next = timeout.next as WheelTimeout;
        if (timeout.tick <= last) {
          unlink(timeout);
          append(this.#due, timeout);
        } else if (timeout.tick < bound) {
          bound = timeout.tick;
        }
        timeout = next;
      }
      head.tick = bound;
    }
  }

  #runDue(): void {
    // Read anew each time: a task may have cancelled or moved any timeout of the list.
    for (let timeout = this.#due.next; timeout !== this.#due; timeout = this.#due.next) {
      const { task } = timeout as WheelTimeout;
      unlink(timeout as WheelTimeout);
      this.pending--;
      try {
        if (typeof task === "function") task();
        else task.timedOut();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    this.failures++;
    this.lastFailure = error;
    try {
      this.onError?.(error);
    } catch (listenerError) {
      this.failures++;
      this.lastFailure = listenerError;
    }
  }

  #lowestBound(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const head of this.#buckets) if (head.tick < lowest) lowest = head.tick;
    return lowest;
  }

  #sleepUntil(tick: number): void {
    this.#clearNative();
    const delayMs = Math.ceil(tick * this.#tickMs - this.native.now());
    this.#wakeTick = tick;
    // A longer sleep is done in pieces.
    this.#handle = this.native.set(Math.min(Math.max(delayMs, 0), MAX_NATIVE_DELAY_MS), this.#wake);
  }

  #clearNative(): void {
    // Not the handle: a host may hand out any value, undefined included.
    if (this.#wakeTick === Number.POSITIVE_INFINITY) return;
    this.native.clear(this.#handle);
    this.#handle = undefined;
    this.#wakeTick = Number.POSITIVE_INFINITY;
    this.#gaveWay = false;
  }

  #tickAtOrAfter(ms: number): number {
    const tick = Math.ceil(ms / this.#tickMs);
    // The quotient of a number next to 0 underflows to 0, by which a task would run a hair early.
    return tick * this.#tickMs < ms ? tick + 1 : tick;
  }

  #bucketOf(tick: number): WheelTimeout {
    return this.#buckets[tick & this.#mask] as WheelTimeout;
  }

  #newList(): WheelTimeout {
    const head = new WheelTimeout(this, nothing);
    head.next = head;
    head.previous = head;
    return head;
  }
}

function append(head: WheelTimeout, timeout: WheelTimeout): void {
  const last = head.previous as WheelTimeout;
  timeout.previous = last;
  timeout.next = head;
  last.next = timeout;
  head.previous = timeout;
}

function unlink(timeout: WheelTimeout): void {
  const previous = timeout.previous as WheelTimeout;
  const next = timeout.next as WheelTimeout;
  previous.next = next;
  next.previous = previous;
  timeout.previous = undefined;
  timeout.next = undefined;
  // Only the head is left: an empty bucket is not worth waking up for.
  if (previous === next) previous.tick = Number.POSITIVE_INFINITY;
}

function clearList(head: WheelTimeout): void {
  while (head.next !== head) unlink(head.next as WheelTimeout);
}

function nothing(): void {}

function tooMany(limit: number): SluiceError {
  return new SluiceError("CAPACITY_EXCEEDED", `The timer holds ${limit} pending timeouts already`, { limit });
}

function wholeNumber(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number from ${min} to ${max}, not ${value}`);
}

/** No host timer of a program that is well is so late, and no timeout is so short that its owner minds a turn more. */
const HELD_UP_MS = 50;

/** Hosts keep the delay in 32 bits and fire at once beyond that. */
const MAX_NATIVE_DELAY_MS = 2 ** 31 - 1;

const hostTimer: NativeTimer = {
  now() {
    return performance.now();
  },
  set(delayMs, wake) {
    const handle = setTimeout(wake, delayMs);
    // Where timers are objects (Node, Bun) they hold the process; where they are numbers there is nothing to do.
    (handle as { unref?: () => void }).unref?.();
    return handle;
  },
  clear(handle) {
    clearTimeout(handle);
  },
};
