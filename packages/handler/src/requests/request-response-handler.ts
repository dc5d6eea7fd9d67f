/**
 * Sends requests and gives each its response, on protocols whose responses come in the order of the requests.
 *
 * ```
 *   request(A) ─▶ ┐                     ┌─▶ a resolves A
 *   request(B) ─▶ ├── A B C ─▶   ─▶ a b c ──▶ b dropped: B has timed out
 *   request(C) ─▶ ┘                     └─▶ c resolves C
 * ```
 *
 * For Redis, pipelined HTTP, SMTP, line protocols of devices. Requests are not held back: each is written at once. For
 * a peer that takes one at a time, set `maxPending: 1`, or await each response.
 *
 * A request that has timed out or been aborted keeps its place until its response has come, so the responses behind it
 * still reach their owners, and counts as in flight. A peer that has stopped answering therefore ends in
 * `REQUESTS_FULL`; a `ReadTimeoutHandler` or a heartbeat nearer the transport closes the channel before.
 */
import { RequestMatchingHandler, type RequestMatchingOptions } from "./request-matching-handler.js";
import { RequestsInOrder } from "./requests-in-order.js";

export interface RequestResponseHandlerOptions<Response, Push = never> extends RequestMatchingOptions {
  /**
   * Whether a message answers a request; others, such as what a server sends unasked, are passed on.
   * @default every message answers one
   */
  readonly isResponse?: (message: Response | Push) => boolean;
}

/**
 * Put it behind the codec; keep it, or find it with `channel.pipeline.get(RequestResponseHandler)`.
 *
 * It writes `Request`s, takes `Response`s, and `Push`es if the peer also sends those. Messages written past it are not
 * counted: write that way only what the peer does not answer.
 *
 * Each request gets exactly one of its response or an error. Costs the promise and one object per request, and one
 * timeout for all of them. Nothing is kept of a request that has ended.
 *
 * @example
 * ```ts
 * const requests = new RequestResponseHandler<string, string>({ timeoutMs: 5_000 });
 * pipeline.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()).addLast(requests);
 * // once the channel is connected:
 * const [time, load] = await Promise.all([requests.request("TIME"), requests.request("LOAD", { signal })]);
 * ```
 */
export class RequestResponseHandler<Request, Response, Push = never> extends RequestMatchingHandler<
  Request,
  Response,
  Push
> {
  /** @throws SluiceError `INVALID_ARGUMENT` if `timeoutMs` is `NaN` or infinite, or `maxPending` no whole number above 0 */
  constructor(options: RequestResponseHandlerOptions<Response, Push> = {}) {
    super(options, () => new RequestsInOrder(options.isResponse));
  }
}
