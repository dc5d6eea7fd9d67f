/**
 * One request between its write and its response, as the classes that keep count of requests see it.
 *
 * ```
 *             timed out, aborted
 *   waiting ─────────────────────▶ abandoned       its promise is settled, its response may still come
 *      │                               │
 *      └── response, failed write, ────┴──▶ ended
 *          channel closed
 * ```
 *
 * It is itself the node of the lists it hangs in, so keeping count costs no further object.
 */
export class PendingRequest {
  state: "waiting" | "abandoned" | "ended" = "waiting";

  /** On the scale of the clock; for {@link RequestDeadlines}. */
  deadline = 0;
  /** Breaks ties: rises with each request. */
  order = 0;
  /** Place among the deadlines, -1 while it has none. */
  index = -1;

  /** For {@link RequestsInOrder}. */
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;

  /** For {@link RequestsById}. */
  id: unknown = undefined;
}

/** Which request a message answers; or `late`: one that was given up, `unexpected`: none, `unrelated`: no response. */
export type Answered<R extends PendingRequest> = R | "late" | "unexpected" | "unrelated";

/**
 * Knows which requests are out, and which of them a message answers. It decides and never acts: it settles no
 * promise, sets no timer and sees no channel.
 */
export interface RequestLedger<Request, Message, R extends PendingRequest> {
  /** How many requests a response is expected for, and so what is to be bounded. */
  readonly inFlight: number;
  /** Takes `request` in; it is about to be written. @throws SluiceError `DUPLICATE_REQUEST_ID`, or what the ids throw */
  add(request: R, message: Request): void;
  /** A message has arrived. A request that is given back has ended. */
  answer(message: Message): Answered<R>;
  /** Nobody waits for the response to `request` any longer; nothing happens unless it was waiting. */
  abandon(request: R): void;
  /** No response to `request` will come, for it has not been sent. */
  withdraw(request: R): void;
  /** No response will come at all: gives back the requests that were waiting, oldest first, and forgets the rest. */
  takeAll(): R[];
}
