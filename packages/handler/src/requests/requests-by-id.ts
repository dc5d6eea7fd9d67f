/**
 * Keeps count of requests whose responses come in any order and name them by an id.
 *
 * ```
 *              ┌─ waiting:   7, 9, 12
 *   id ────────┼─ abandoned: 3, 8          the last few, so that a late response is told from a stranger's
 *              └─ neither                  unexpected
 * ```
 *
 * The id of a waiting request is taken. That of an abandoned one may be used again, but a late response to the old
 * request cannot be told from one to the new: protocols avoid it by counting ids up. Everything is O(1).
 */
import { SluiceError } from "@sluice/buffer";
import type { Answered, PendingRequest, RequestLedger } from "./pending-request.js";

export class RequestsById<Request, Message, R extends PendingRequest> implements RequestLedger<Request, Message, R> {
  readonly #maxAbandoned: number;
  readonly #requestId: (request: Request) => unknown;
  readonly #responseId: (message: Message) => unknown;
  readonly #waiting = new Map<unknown, R>();
  /** In the order in which they were given up. */
  readonly #abandoned = new Map<unknown, R>();

  /**
   * @param maxAbandoned How many ids are remembered of requests that were given up.
   * @param responseId The id of the request that a message answers; undefined if it is no response.
   */
  constructor(
    maxAbandoned: number,
    requestId: (request: Request) => unknown,
    responseId: (message: Message) => unknown,
  ) {
    this.#maxAbandoned = maxAbandoned;
    this.#requestId = requestId;
    this.#responseId = responseId;
  }

  get inFlight(): number {
    return this.#waiting.size;
  }

  add(request: R, message: Request): void {
    const id = this.#requestId(message);
    if (this.#waiting.has(id)) {
      throw new SluiceError("DUPLICATE_REQUEST_ID", `a request with the id ${String(id)} is waiting for its response`);
    }
    this.#forget(id);
    request.id = id;
    this.#waiting.set(id, request);
  }

  answer(message: Message): Answered<R> {
    const id = this.#responseId(message);
    if (id === undefined) return "unrelated";
    const request = this.#waiting.get(id);
    if (request === undefined) return this.#forget(id) ? "late" : "unexpected";
    this.withdraw(request);
    return request;
  }

  abandon(request: R): void {
    if (request.state !== "waiting") return;
    request.state = "abandoned";
    this.#waiting.delete(request.id);
    this.#abandoned.set(request.id, request);
    if (this.#abandoned.size <= this.#maxAbandoned) return;
    for (const oldest of this.#abandoned.keys()) {
      this.#forget(oldest);
      return;
    }
  }

  withdraw(request: R): void {
    if (request.state === "waiting") this.#waiting.delete(request.id);
    else if (request.state === "abandoned") this.#abandoned.delete(request.id);
    request.state = "ended";
  }

  takeAll(): R[] {
    const waiting = [...this.#waiting.values()];
    for (const request of waiting) request.state = "ended";
    this.#waiting.clear();
    for (const id of this.#abandoned.keys()) this.#forget(id);
    return waiting;
  }

  #forget(id: unknown): boolean {
    const request = this.#abandoned.get(id);
    if (request === undefined) return false;
    this.withdraw(request);
    return true;
  }
}
