/**
 * Who waits for a channel, in the order in which they came.
 *
 * ```
 *   first                      firstUncovered
 *     ▼                              ▼
 *   [covered] [covered] [covered] [waiting] [waiting] [waiting] …
 *       │         │         │
 *     place     place     place         each being connected or checked
 * ```
 *
 * A waiter is covered while a place is under way for it. Usually those in front are; one whose place fails a check is
 * not until the next place is free, although it stands in front. Everything is O(1), amortised.
 */
import { LinkedList } from "./linked-list.js";
import type { PoolPlace } from "./pool-place.js";
import type { PoolWaiter } from "./pool-waiter.js";

export class WaiterQueue {
  readonly #waiters = new LinkedList<PoolWaiter>();
  #firstUncovered: PoolWaiter | undefined;
  #uncovered = 0;
  #added = 0;

  get size(): number {
    return this.#waiters.size;
  }

  /** How many have no place under way for them. */
  get uncovered(): number {
    return this.#uncovered;
  }

  get first(): PoolWaiter | undefined {
    return this.#waiters.first;
  }

  get firstUncovered(): PoolWaiter | undefined {
    return this.#firstUncovered;
  }

  add(waiter: PoolWaiter): void {
    waiter.order = this.#added++;
    waiter.isWaiting = true;
    this.#waiters.append(waiter);
    this.#uncovered++;
    this.#firstUncovered ??= waiter;
  }

  /** @returns the place that was under way for it */
  remove(waiter: PoolWaiter): PoolPlace | undefined {
    const { place } = waiter;
    if (place === undefined) this.#leaveUncovered(waiter);
    else waiter.place = place.waiter = undefined;
    this.#waiters.remove(waiter);
    waiter.isWaiting = false;
    return place;
  }

  cover(waiter: PoolWaiter, place: PoolPlace): void {
    this.#leaveUncovered(waiter);
    waiter.place = place;
    place.waiter = waiter;
  }

  uncover(waiter: PoolWaiter): void {
    const { place } = waiter;
    if (place === undefined) return;
    waiter.place = place.waiter = undefined;
    this.#uncovered++;
    if (this.#firstUncovered === undefined || waiter.order < this.#firstUncovered.order) this.#firstUncovered = waiter;
  }

  #leaveUncovered(waiter: PoolWaiter): void {
    this.#uncovered--;
    if (this.#firstUncovered !== waiter) return;
    let next = waiter.next;
    while (next !== undefined && next.place !== undefined) next = next.next;
    this.#firstUncovered = next;
  }
}
