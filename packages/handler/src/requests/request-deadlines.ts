/**
 * The deadlines of requests, the next one first: a binary heap whose entries know their place.
 *
 * A list would do if all requests had the same timeout; each may have its own, and with a list a mixture of short and
 * long ones would cost a walk per request. A request that falls due after all others is added at constant cost, and
 * that is the usual one; adding any other and removing cost O(log n). Equal deadlines go by the order of adding.
 */
import type { PendingRequest } from "./pending-request.js";

export class RequestDeadlines<R extends PendingRequest> {
  readonly #entries: R[] = [];
  #added = 0;

  get first(): R | undefined {
    return this.#entries[0];
  }

  add(request: R, deadline: number): void {
    request.deadline = deadline;
    request.order = this.#added++;
    this.#entries.push(request);
    this.#moveUp(request, this.#entries.length - 1);
  }

  /** Nothing happens if it has no deadline here. */
  remove(request: R): void {
    const { index } = request;
    if (index < 0) return;
    request.index = -1;
    const last = this.#entries.pop() as R;
    if (last === request) return;
    // The last one fills the gap; whichever way it is out of place, one of the two moves does nothing.
    this.#moveUp(last, index);
    this.#moveDown(last, last.index);
  }

  #moveUp(request: R, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#entries[above] as R;
      if (isBefore(parent, request)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(request, index);
  }

  #moveDown(request: R, from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const length = this.#entries.length;
      if (left >= length) break;
      const below = right < length && isBefore(this.#entries[right] as R, this.#entries[left] as R) ? right : left;
      const child = this.#entries[below] as R;
      if (isBefore(request, child)) break;
      this.#put(child, index);
      index = below;
    }
    this.#put(request, index);
  }

  #put(request: R, index: number): void {
    this.#entries[index] = request;
    request.index = index;
  }
}

function isBefore(a: PendingRequest, b: PendingRequest): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}
