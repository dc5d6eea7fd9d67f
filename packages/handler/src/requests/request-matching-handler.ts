/**
 * What the handlers that match responses with requests have in common: promises, deadlines, and the end of it all.
 *
 * ```
 *   request() ──▶ ledger.add ──▶ write                    channelRead ──▶ ledger.answer
 *                                                                             ├─ request ────▶ its promise resolves
 *   deadline, signal ──▶ ledger.abandon ──▶ rejects                           ├─ late ───────▶ counted, dropped
 *   write failed ─────▶ ledger.withdraw ──▶ rejects                           ├─ unexpected ─▶ error, or passed on
 *   channel closed ───▶ ledger.takeAll ───▶ all reject                        └─ unrelated ──▶ passed on
 * ```
 *
 * Which message answers which request is the ledger's decision alone; see {@link RequestLedger}.
 */
import { SluiceError } from "@sluice/buffer";
import {
  asError,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  ChannelInputShutdownEvent,
  type Timeout,
} from "@sluice/core";
import { effectiveTimeout } from "../idle/effective-timeout.js";
import type { RequestLedger } from "./pending-request.js";
import { aborted, Call, type CallOwner } from "./request-call.js";
import { RequestDeadlines } from "./request-deadlines.js";

/** What all handlers for requests can be told. */
export interface RequestMatchingOptions {
  /**
   * Milliseconds a request waits for its response; 0 and less: for ever, less than 1 counts as 1.
   * @default 30_000
   */
  readonly timeoutMs?: number;
  /** How many requests may be in flight; one more is refused with REQUESTS_FULL. @default 1024 */
  readonly maxPending?: number;
  /**
   * What becomes of a response that answers no request: `UNEXPECTED_RESPONSE` goes to `exceptionCaught`, which closes
   * the channel if nobody handles it, or the message is passed on like any other.
   * @default "error"
   */
  readonly unsolicited?: "error" | "pass";
}

/** How to wait for one response. */
export interface RequestOptions {
  /** Ends the wait. What has been written cannot be recalled. */
  readonly signal?: AbortSignal;
  /** As the handler's option, for this request. @default the handler's */
  readonly timeoutMs?: number;
}

export abstract class RequestMatchingHandler<Request, Response, Push>
  extends ChannelInboundHandler<Response | Push, Response | Push, Request>
  implements CallOwner<Response>
{
  /** The time in use; 0 for none. */
  readonly timeoutMs: number;
  readonly maxPending: number;
  readonly #ledger: RequestLedger<Request, Response | Push, Call<Response>>;
  readonly #passesUnsolicited: boolean;
  readonly #deadlines = new RequestDeadlines<Call<Response>>();
  #ctx: ChannelHandlerContext | undefined;
  #timer: Timeout | undefined;
  #timerDue = 0;
  #lateResponses = 0;
  #unexpectedResponses = 0;

  /** @internal @throws SluiceError `INVALID_ARGUMENT` */
  constructor(
    options: RequestMatchingOptions,
    newLedger: (maxPending: number) => RequestLedger<Request, Response | Push, Call<Response>>,
  ) {
    super();
    const { timeoutMs = 30_000, maxPending = 1024, unsolicited = "error" } = options;
    if (!(Number.isSafeInteger(maxPending) && maxPending > 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `maxPending must be a whole number above 0, not ${maxPending}`);
    }
    this.timeoutMs = effectiveTimeout("timeoutMs", timeoutMs);
    this.maxPending = maxPending;
    this.#passesUnsolicited = unsolicited === "pass";
    this.#ledger = newLedger(maxPending);
  }

  /** How many responses are expected; what {@link maxPending} bounds. */
  get inFlight(): number {
    return this.#ledger.inFlight;
  }

  /** Responses that came after their request had timed out or been aborted. They are dropped. */
  get lateResponses(): number {
    return this.#lateResponses;
  }

  /** Responses that answered no request, whatever the option `unsolicited` made of them. */
  get unexpectedResponses(): number {
    return this.#unexpectedResponses;
  }

  /**
   * Writes and flushes `message`; resolves with its response.
   *
   * Never throws: all failures are rejections, so every call needs an `await` or a `catch`. A request that has timed
   * out or been aborted may have reached the peer all the same, as may one that was out when the channel closed.
   *
   * @throws (rejects) SluiceError `REQUEST_TIMEOUT`; `ABORTED` with the signal's reason as its cause; `REQUESTS_FULL`;
   * `CHANNEL_CLOSED` with the cause, if there is one, also for all requests that are out when the channel closes;
   * `CHANNEL_NOT_ACTIVE` before the channel is connected; `HANDLER_NOT_FOUND` if this handler is in no pipeline, or
   * is taken out of it; `INVALID_ARGUMENT` for a timeout that is `NaN` or infinite; or what the write failed with
   */
  request(message: Request, options?: RequestOptions): Promise<Response> {
    return new Promise((resolve, reject) => this.#send(message, options, new Call(this, resolve, reject)));
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#ctx = ctx;
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    this.#failAll(ctx.channel.isOpen ? inNoPipeline() : ctx.channel.engine.closedError());
  }

  override channelRead(ctx: ChannelHandlerContext<Response | Push, Request>, message: Response | Push): void {
    const answered = this.#ledger.answer(message);
    if (answered === "unrelated") ctx.fireChannelRead(message);
    else if (answered === "late") this.#lateResponses++;
    else if (answered === "unexpected") this.#unexpected(ctx, message);
    else {
      this.#deadlines.remove(answered);
      answered.resolve(message as Response);
    }
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#failAll(inputEnded());
    ctx.fireUserEventTriggered(event);
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#failAll(ctx.channel.engine.closedError());
    ctx.fireChannelInactive();
  }

  /** @internal */
  giveUp(call: Call<Response>, error: Error): void {
    this.#ledger.abandon(call);
    this.#deadlines.remove(call);
    call.reject(error);
  }

  /** @internal */
  writeFailed(call: Call<Response>, error: Error): void {
    const waited = call.state === "waiting";
    this.#ledger.withdraw(call);
    this.#deadlines.remove(call);
    // Whoever waited for one that was given up has been told already.
    if (!waited) return;
    const { channel } = this.#ctx as ChannelHandlerContext;
    // With what broke the channel or for being late: all that were out fail alike.
    call.reject(channel.isOpen ? error : channel.engine.closedError());
  }

  #send(message: Request, options: RequestOptions | undefined, call: Call<Response>): void {
    const ctx = this.#usableContext();
    const signal = options?.signal;
    if (signal?.aborted) throw aborted(signal);
    const { timeoutMs } = options ?? {};
    call.timeoutMs = timeoutMs === undefined ? this.timeoutMs : effectiveTimeout("timeoutMs", timeoutMs);
    const limit = this.maxPending;
    if (this.#ledger.inFlight >= limit) {
      throw new SluiceError("REQUESTS_FULL", `${limit} requests are in flight`, { limit });
    }
    const deadline = ctx.clock.now() + call.timeoutMs;
    // Armed first: if that fails there is nothing to take back.
    if (call.timeoutMs > 0) this.#arm(ctx, call.timeoutMs, deadline);
    this.#ledger.add(call, message);
    if (call.timeoutMs > 0) this.#deadlines.add(call, deadline);
    if (signal !== undefined) call.listen(signal);
    // In the books before it is written: the response may come from inside the write.
    ctx.writeAndFlush(message, call);
  }

  #usableContext(): ChannelHandlerContext {
    const ctx = this.#ctx;
    if (ctx === undefined) throw inNoPipeline();
    const { channel } = ctx;
    if (channel.isActive && !ctx.isRemoved) {
      if (channel.engine.isInputShutdown) throw inputEnded();
      return ctx;
    }
    if (!channel.isOpen) throw channel.engine.closedError();
    throw ctx.isRemoved ? inNoPipeline() : new SluiceError("CHANNEL_NOT_ACTIVE");
  }

  #unexpected(ctx: ChannelHandlerContext, message: Response | Push): void {
    this.#unexpectedResponses++;
    if (this.#passesUnsolicited) ctx.fireChannelRead(message);
    else ctx.fireExceptionCaught(new SluiceError("UNEXPECTED_RESPONSE"));
  }

  /** One timeout for all requests. It is moved only to be earlier; when it fires in vain it goes on to the next one. */
  #arm(ctx: ChannelHandlerContext, delayMs: number, deadline: number): void {
    if (this.#timer === undefined) this.#timer = ctx.clock.schedule(delayMs, () => this.#expired(ctx));
    else if (!this.#timer.isPending || deadline < this.#timerDue) this.#timer.reschedule(delayMs);
    else return;
    this.#timerDue = deadline;
  }

  #expired(ctx: ChannelHandlerContext): void {
    const now = ctx.clock.now();
    let call = this.#deadlines.first;
    while (call !== undefined && call.deadline <= now) {
      const limit = call.timeoutMs;
      this.giveUp(call, new SluiceError("REQUEST_TIMEOUT", `no response within ${limit} ms`, { limit }));
      call = this.#deadlines.first;
    }
    if (call === undefined) return;
    try {
      this.#arm(ctx, call.deadline - now, call.deadline);
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  #failAll(error: SluiceError): void {
    this.#timer?.cancel();
    for (const call of this.#ledger.takeAll()) {
      this.#deadlines.remove(call);
      call.reject(error);
    }
  }
}

function inNoPipeline(): SluiceError {
  return new SluiceError("HANDLER_NOT_FOUND", "the handler for requests is in no pipeline");
}

function inputEnded(): SluiceError {
  return new SluiceError("CHANNEL_CLOSED", "the peer has ended its side: no response will come");
}
