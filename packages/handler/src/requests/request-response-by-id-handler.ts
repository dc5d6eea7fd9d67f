/**
 * Sends requests and gives each its response, on protocols whose responses name their request by an id.
 *
 * ```
 *   request({ id: 1 }) ─▶ ┐                          ┌─▶ { id: 3 } resolves the third
 *   request({ id: 2 }) ─▶ ├── 1 2 3 ─▶   ─▶ 3 1 8 ───┼─▶ { id: 1 } resolves the first
 *   request({ id: 3 }) ─▶ ┘                          └─▶ { id: 8 } answers nothing: UNEXPECTED_RESPONSE
 * ```
 *
 * For JSON-RPC, Modbus TCP, HTTP/2-like streams, anything where a slow request must not hold up the others. The ids
 * are the caller's; one that is still waited for is refused with `DUPLICATE_REQUEST_ID`.
 *
 * A response to one of the last `maxPending` requests that timed out or were aborted is late: counted and dropped. Any
 * other id that nobody waits for is unexpected.
 */
import { RequestMatchingHandler, type RequestMatchingOptions } from "./request-matching-handler.js";
import { RequestsById } from "./requests-by-id.js";

/** What is equal to a copy of itself; objects are not. */
export type RequestId = number | string | bigint;

export interface RequestResponseByIdHandlerOptions<Request, Response, Push = never, Id extends RequestId = RequestId>
  extends RequestMatchingOptions {
  /** The id under which the response will come. */
  readonly requestId: (request: Request) => Id;
  /** The id of the request that a message answers; undefined for what answers none, which is passed on. */
  readonly responseId: (message: Response | Push) => Id | undefined;
}

/**
 * Put it behind the codec; keep it, or find it with `channel.pipeline.get(RequestResponseByIdHandler)`.
 *
 * It writes `Request`s, takes `Response`s, and `Push`es if the peer also sends those. Both ids have one type, so that
 * `"7"` is not compared with `7`.
 *
 * Each request gets exactly one of its response or an error. Costs the promise and one object per request, and one
 * timeout for all of them. Of a request that has timed out or been aborted its id is kept until the response has
 * come, of the last `maxPending` at most; of any other that has ended, nothing.
 *
 * @example
 * ```ts
 * const calls = new RequestResponseByIdHandler<Call, Reply>({
 *   requestId: (call) => call.id,
 *   responseId: (reply) => reply.id,
 * });
 * pipeline.addLast(new JsonCodec<Reply, Call>()).addLast(calls);
 * // once the channel is connected:
 * const reply = await calls.request({ id: 1, method: "add", params: [1, 2] });
 * ```
 */
export class RequestResponseByIdHandler<
  Request,
  Response,
  Push = never,
  Id extends RequestId = RequestId,
> extends RequestMatchingHandler<Request, Response, Push> {
  /** @throws SluiceError `INVALID_ARGUMENT` if `timeoutMs` is `NaN` or infinite, or `maxPending` no whole number above 0 */
  constructor(options: RequestResponseByIdHandlerOptions<Request, Response, Push, Id>) {
    super(options, (maxPending) => new RequestsById(maxPending, options.requestId, options.responseId));
  }
}
