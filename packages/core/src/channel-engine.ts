/**
 * What a channel does at its transport end: life cycle, queue, demand for input.
 *
 * ```
 *            connect           active              close              closed
 *   open ──▶ connecting ──▶ active ──────▶ closing ──────▶ closed
 *     └──────────┴──── connectFailed, close ───┘ (flushed writes are sent first)
 * ```
 *
 * Operations arrive from the pipeline's head, signals from the transport. Inactivity is always told on a later
 * job, never from inside the handler that closed the channel.
 *
 * While a closing channel sends what is left, input is still taken and dropped: two ends that close at the same time
 * must not wait for each other.
 */
import { SluiceError } from "@sluice/buffer";
import { asError } from "./as-error.js";
import type { Channel } from "./channel.js";
import { aborted, notConnected, unsupported } from "./channel-errors.js";
import {
  ChannelInputShutdownEvent,
  ChannelInputShutdownReadComplete,
  ChannelOutputShutdownEvent,
} from "./channel-events.js";
import { ChannelOutboundBuffer, type OutboundBufferOwner } from "./channel-outbound-buffer.js";
import { type Completion, settle } from "./channel-promise.js";
import type { Clock, Timeout } from "./clock.js";
import type { BindOptions, ChannelSignals, Connection, ConnectOptions, Listener } from "./transport.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

export type ChannelState = "open" | "connecting" | "active" | "closing" | "closed";

export class ChannelEngine implements ChannelSignals, OutboundBufferOwner {
  state: ChannelState = "open";
  /** Why the channel closed; undefined when it was asked to. */
  cause: Error | undefined;
  allowHalfClosure = false;
  connectTimeoutMs = 30_000;
  closeTimeoutMs = 10_000;
  /** Set by a close that asks for it: what is flushed fails instead of being sent. */
  failPendingOnClose = false;
  /** Set by who has found out: a close cuts the connection then, as nobody is there to take last words or to end too. */
  peerIsGone = false;
  isInputShutdown = false;
  isOutputShutdown = false;
  /** Called when a burst of input has ended and when messages have left the queue; set while somebody watches. */
  onTraffic: (() => void) | undefined;
  readonly queue: ChannelOutboundBuffer;
  readonly end: Connection | Listener;

  readonly #channel: Channel<any, any>;
  #autoRead = true;
  #wasActive = false;
  #toldInputEnd = false;
  #connecting: Completion | undefined;
  #stopWaiting: (() => void) | undefined;
  #shuttingDownOutput: Completion[] | undefined;
  #closing: Completion[] | undefined;
  #closeDeadline: Timeout | undefined;
  #flushing = false;
  #flushWaits = false;
  /** What broke the connection, or cut it: flushed writes fail with it. */
  #failure: Error | undefined;
  #toldFailure = false;
  #outputEnded = false;
  /** How far the transport's end has been taken down. */
  #ending: "no" | "closing" | "destroyed" = "no";
  #toldClosed = false;

  constructor(channel: Channel<any, any>, createEnd: (signals: ChannelEngine) => Connection | Listener) {
    this.#channel = channel;
    this.queue = new ChannelOutboundBuffer(this, WriteBufferWaterMark.DEFAULT, DEFAULT_MAX_OUTBOUND_BYTES);
    this.end = createEnd(this);
  }

  // ── operations, from the head ──────────────────────────────────────────────────────────────────────────────

  connect(options: ConnectOptions, completion: Completion): void {
    if (!("connect" in this.end)) return completion.fail(unsupported("connect a server channel"));
    if (!this.#mayStart(options.signal, completion)) return;
    this.#waitForActive(options.signal, completion);
    try {
      this.end.connect(options);
    } catch (thrown) {
      this.connectFailed(asError(thrown));
    }
  }

  bind(options: BindOptions, completion: Completion): void {
    if (!("bind" in this.end)) return completion.fail(unsupported("bind a channel that is not a server's"));
    if (!this.#mayStart(options.signal, completion)) return;
    this.#waitForActive(options.signal, completion);
    try {
      this.end.bind(options);
    } catch (thrown) {
      this.connectFailed(asError(thrown));
    }
  }

  /** Lets an accepted connection begin, now that its handlers are there: at once, or when it says that it is ready. */
  begin(): void {
    if (!("open" in this.end && this.end.open !== undefined)) return this.active();
    if (this.state !== "open") return;
    this.state = "connecting";
    this.end.open();
  }

  requestRead(): void {
    if (this.state !== "active") return;
    if (!this.isInputShutdown) this.end.read();
    else if (this.allowHalfClosure && !this.#toldInputEnd) {
      this.#toldInputEnd = true;
      this.#channel.pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete);
    }
  }

  write(message: unknown, completion: Completion | undefined): void {
    const refusal = this.#refusal(message);
    if (refusal === undefined) this.queue.add(message, completion);
    else if (completion !== undefined) settle(completion, refusal, this);
    else this.unawaitedFailure(refusal);
  }

  flush(): void {
    this.queue.markFlushed();
    if (this.state === "active") this.#send();
    else if (this.state === "open" || this.state === "connecting") {
      this.queue.failAll(notConnected, notConnected);
    }
  }

  shutdownOutput(completion: Completion | undefined): void {
    if (this.state === "open" || this.state === "connecting") throw new SluiceError("CHANNEL_NOT_ACTIVE");
    if (this.state !== "active") throw this.closedError();
    if (!("shutdownOutput" in this.end)) throw unsupported("half-close a server channel");
    if (this.isOutputShutdown && this.#shuttingDownOutput === undefined) {
      if (completion !== undefined) settle(completion, undefined, this);
      return;
    }
    this.#shuttingDownOutput ??= [];
    if (completion !== undefined) this.#shuttingDownOutput.push(completion);
    if (this.isOutputShutdown) return;
    this.isOutputShutdown = true;
    this.queue.failUnflushed(() => new SluiceError("OUTPUT_SHUTDOWN"));
    if (this.queue.length === 0) this.#endOutput();
  }

  /** Whether the channel goes on after an error that no handler dealt with. */
  outlives(error: Error, isHeard: boolean): boolean {
    return this.state === "active" && "outlives" in this.end && this.end.outlives?.(error, isHeard) === true;
  }

  /** Closes once what has been flushed is sent, or the close deadline has passed. Later calls join the first. */
  close(completion?: Completion): void {
    if (completion !== undefined) {
      if (this.#toldClosed) return settle(completion, undefined, this);
      this.#closing ??= [];
      this.#closing.push(completion);
    }
    if (this.#failure !== undefined || this.peerIsGone) return this.destroy();
    const first = this.#startClosing();
    if (this.state === "closed" || this.#ending !== "no") return;
    if (first) this.queue.failUnflushed(() => this.closedError());
    if (this.queue.length === 0) this.#end();
    else if (this.failPendingOnClose) this.destroy();
    else if (first) this.#drainThenEnd();
  }

  /** Closes at once; nothing more is sent. */
  destroy(cause?: Error): void {
    if (this.state === "closed" || this.#ending === "destroyed") return;
    this.cause ??= cause;
    this.#failure ??= cause;
    this.#ending = "destroyed";
    this.#startClosing();
    this.#failPending();
    if ("destroy" in this.end) this.end.destroy();
    else this.end.close();
  }

  /** Whether the channel has been cut, or broken, rather than closed in order. */
  get isCut(): boolean {
    return this.#ending === "destroyed";
  }

  get autoRead(): boolean {
    return this.#autoRead;
  }

  set autoRead(value: boolean) {
    const turnedOn = value && !this.#autoRead;
    this.#autoRead = value;
    if (turnedOn) this.#readOn();
  }

  // ── signals, from the transport ────────────────────────────────────────────────────────────────────────────

  get clock(): Clock {
    return this.#channel.clock;
  }

  active(): void {
    if (this.state !== "open" && this.state !== "connecting") return;
    this.state = "active";
    this.#wasActive = true;
    this.#settleConnecting(undefined);
    this.#channel.tell("active");
    this.#channel.pipeline.fireChannelActive();
    this.#readOn();
  }

  connectFailed(error: Error): void {
    if (this.state === "closed" || this.state === "active") return;
    // A channel that was closed while it connected has been closed on purpose, whatever becomes of the attempt.
    const cause = this.state === "closing" ? undefined : error;
    // Nobody waits for an accepted connection to open.
    if (this.state === "connecting" && this.#connecting === undefined)
      this.#channel.pipeline.fireExceptionCaught(error);
    this.destroy(cause);
  }

  event(event: unknown): void {
    if (this.state !== "closed") this.#channel.pipeline.fireUserEventTriggered(event);
  }

  read(message: unknown): void {
    if (this.state === "active") this.#channel.pipeline.fireChannelRead(message);
  }

  readComplete(): void {
    if (this.state === "closed") return;
    this.onTraffic?.();
    this.#channel.pipeline.fireChannelReadComplete();
    if (this.state === "active") this.#readOn();
    else if (this.#ending === "no") this.end.read();
  }

  inputShutdown(): void {
    if (this.isInputShutdown || this.state !== "active") return;
    this.isInputShutdown = true;
    if (this.allowHalfClosure && !this.isOutputShutdown) {
      this.#channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    } else if (this.#shuttingDownOutput === undefined) this.close();
  }

  outputShutdown(): void {
    this.#settleShutdown(undefined);
    if (this.state !== "active") return;
    this.#channel.pipeline.fireUserEventTriggered(ChannelOutputShutdownEvent);
    if (this.isInputShutdown) this.close();
  }

  troubled(error: Error): void {
    if (this.state === "active") this.#channel.pipeline.fireExceptionCaught(error);
  }

  failed(error: Error): void {
    if (this.state === "closed" || this.#failure !== undefined) return;
    this.#failure = error;
    // When all had been sent and the end was closing already, nothing has been lost.
    if (this.#ending === "no") this.cause ??= error;
    if (this.state === "active") {
      this.#toldFailure = true;
      this.#channel.pipeline.fireExceptionCaught(error);
    }
    this.destroy();
  }

  closed(): void {
    if (this.state === "closed") return;
    this.#startClosing();
    this.state = "closed";
    this.#closeDeadline?.cancel();
    this.#failPending();
    this.#settleShutdown(this.closedError());
    this.#channel.defer(() => this.#tellClosed());
  }

  // ── from the queue ─────────────────────────────────────────────────────────────────────────────────────────

  writabilityChanged(): void {
    if (this.state !== "active") return;
    this.#channel.tell("writability", this.queue.isWritable);
    this.#channel.pipeline.fireChannelWritabilityChanged();
    this.#channel.roomChanged();
  }

  messagesCompleted(): void {
    this.onTraffic?.();
    if (this.#flushWaits) this.#send();
    if (this.queue.length > 0) return;
    if (this.state === "closing") this.#end();
    else if (this.state === "active" && this.isOutputShutdown) this.#endOutput();
  }

  unawaitedFailure(error: Error): void {
    this.#channel.unawaitedFailure(error);
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #mayStart(signal: AbortSignal | undefined, completion: Completion): boolean {
    if (this.state === "open" && !signal?.aborted) return true;
    if (this.state === "open") {
      const error = aborted(signal);
      completion.fail(error);
      this.destroy(error);
    } else if (this.state === "connecting") {
      completion.fail(new SluiceError("INVALID_ARGUMENT", "the channel is being connected already"));
    } else if (this.state === "active") {
      completion.fail(new SluiceError("INVALID_ARGUMENT", "the channel is connected already"));
    } else completion.fail(this.closedError());
    return false;
  }

  #waitForActive(signal: AbortSignal | undefined, completion: Completion): void {
    this.state = "connecting";
    this.#connecting = completion;
    const onAbort = () => this.connectFailed(aborted(signal));
    signal?.addEventListener("abort", onAbort, { once: true });
    const timeoutMs = this.connectTimeoutMs;
    const timeout =
      timeoutMs > 0
        ? this.#channel.clock.schedule(timeoutMs, () =>
            this.connectFailed(
              new SluiceError("CONNECT_TIMEOUT", `not connected within ${timeoutMs} ms`, { limit: timeoutMs }),
            ),
          )
        : undefined;
    this.#stopWaiting = () => {
      timeout?.cancel();
      signal?.removeEventListener("abort", onAbort);
    };
  }

  #settleConnecting(error: Error | undefined): void {
    const completion = this.#connecting;
    this.#stopWaiting?.();
    this.#stopWaiting = this.#connecting = undefined;
    if (completion !== undefined) settle(completion, error, this);
  }

  #settleShutdown(error: Error | undefined): void {
    const completions = this.#shuttingDownOutput ?? [];
    this.#shuttingDownOutput = undefined;
    for (const completion of completions) settle(completion, error, this);
  }

  /**
   * Has the transport take what is flushed. Never from inside its own `flush`, nor while completions are told: then
   * it follows as soon as that is over.
   */
  #send(): void {
    const { queue, end } = this;
    this.#flushWaits = this.#flushing || queue.isCompleting;
    if (this.#flushWaits || queue.flushedLength === 0) return;
    this.#flushing = true;
    try {
      do {
        this.#flushWaits = false;
        (end as Connection).flush(queue);
      } while (this.#flushWaits && queue.flushedLength > 0 && this.#ending === "no");
    } catch (thrown) {
      this.failed(asError(thrown));
    }
    this.#flushing = this.#flushWaits = false;
  }

  #readOn(): void {
    if (this.#autoRead && this.state === "active" && this.#channel.wantsInput) this.#channel.read();
  }

  #refusal(message: unknown): SluiceError | undefined {
    if (this.state === "closing" || this.state === "closed") return this.closedError();
    if (this.isOutputShutdown) return new SluiceError("OUTPUT_SHUTDOWN");
    if ("accepts" in this.end && this.end.accepts(message)) return undefined;
    const type = message === null || message === undefined ? String(message) : (message as object).constructor?.name;
    return new SluiceError(
      "UNSUPPORTED_MESSAGE",
      `the transport cannot send a ${type}; is an encoder missing from [${this.#channel.pipeline.names().join(", ")}]?`,
    );
  }

  /** @returns whether this call began it */
  #startClosing(): boolean {
    if (this.state === "closing" || this.state === "closed") return false;
    this.state = "closing";
    this.#settleConnecting(this.cause ?? this.closedError());
    return true;
  }

  #drainThenEnd(): void {
    this.#closeDeadline = this.#channel.clock.schedule(this.closeTimeoutMs, () =>
      this.destroy(
        new SluiceError("CLOSE_TIMEOUT", `${this.queue.pendingBytes} bytes were not sent in time`, {
          length: this.queue.pendingBytes,
          limit: this.closeTimeoutMs,
        }),
      ),
    );
    this.#send();
    if (this.#ending === "no" && !this.isInputShutdown) this.end.read();
  }

  #end(): void {
    if (this.#ending !== "no") return;
    this.#ending = "closing";
    this.#closeDeadline?.cancel();
    this.end.close();
  }

  /** All that was flushed has been sent: now the sending direction may end. */
  #endOutput(): void {
    if (this.#outputEnded) return;
    this.#outputEnded = true;
    try {
      (this.end as Connection).shutdownOutput();
    } catch (thrown) {
      this.isOutputShutdown = this.#outputEnded = false;
      this.#settleShutdown(asError(thrown));
      if (this.isInputShutdown && !this.allowHalfClosure) this.close();
    }
  }

  /** What was flushed fails with what broke the channel; what was not, with its being closed. */
  #failPending(): void {
    const closedError = () => this.closedError();
    const failure = this.#failure;
    this.queue.failAll(failure === undefined ? closedError : () => failure, closedError, !this.#toldFailure);
  }

  /** What fails because the channel is closed; carries why. */
  closedError(): SluiceError {
    return new SluiceError("CHANNEL_CLOSED", undefined, this.cause === undefined ? {} : { cause: this.cause });
  }

  #tellClosed(): void {
    const { pipeline } = this.#channel;
    if (this.#wasActive) pipeline.fireChannelInactive();
    pipeline.dismantle();
    this.#channel.ended(this.#wasActive);
    this.#toldClosed = true;
    const closing = this.#closing ?? [];
    this.#closing = undefined;
    for (const completion of closing) settle(completion, undefined, this);
  }
}

/** 256 times the default high-water mark: room for a burst, far from what would hurt a server's memory. */
const DEFAULT_MAX_OUTBOUND_BYTES = 16 * 1024 * 1024;
