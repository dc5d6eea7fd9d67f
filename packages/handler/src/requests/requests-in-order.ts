/**
 * Keeps count of requests whose responses come in the order of the requests.
 *
 * ```
 *   a message answers ▸ [waiting] ⇄ [abandoned] ⇄ [waiting] ◂ the next request
 *         the oldest
 * ```
 *
 * An abandoned request keeps its place: the response that comes for it is its own, not that of the request behind
 * it. So it is in flight until then. Everything is O(1).
 */
import type { Answered, PendingRequest, RequestLedger } from "./pending-request.js";

export class RequestsInOrder<Message, R extends PendingRequest> implements RequestLedger<unknown, Message, R> {
  inFlight = 0;
  readonly #isResponse: ((message: Message) => boolean) | undefined;
  #oldest: R | undefined;
  #newest: R | undefined;

  /** @param isResponse Whether a message answers a request at all. @default every message does */
  constructor(isResponse?: (message: Message) => boolean) {
    this.#isResponse = isResponse;
  }

  add(request: R): void {
    request.previous = this.#newest;
    if (this.#newest === undefined) this.#oldest = request;
    else this.#newest.next = request;
    this.#newest = request;
    this.inFlight++;
  }

  answer(message: Message): Answered<R> {
    if (this.#isResponse !== undefined && !this.#isResponse(message)) return "unrelated";
    const request = this.#oldest;
    if (request === undefined) return "unexpected";
    const waited = request.state === "waiting";
    this.withdraw(request);
    return waited ? request : "late";
  }

  abandon(request: R): void {
    if (request.state === "waiting") request.state = "abandoned";
  }

  withdraw(request: R): void {
    if (request.state === "ended") return;
    request.state = "ended";
    const { previous, next } = request;
    if (previous === undefined) this.#oldest = next as R | undefined;
    else previous.next = next;
    if (next === undefined) this.#newest = previous as R | undefined;
    else next.previous = previous;
    request.previous = request.next = undefined;
    this.inFlight--;
  }

  takeAll(): R[] {
    const waiting: R[] = [];
    for (let request = this.#oldest; request !== undefined; request = this.#oldest) {
      if (request.state === "waiting") waiting.push(request);
      this.withdraw(request);
    }
    return waiting;
  }
}
