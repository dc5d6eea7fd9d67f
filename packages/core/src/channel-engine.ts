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
import { ChannelEnding } from "./channel-ending.js";
import { aborted, closeTimedOut, notConnected, unsupported, unsupportedMessage } from "./channel-errors.js";
import {
  ChannelInputShutdownEvent,
  ChannelInputShutdownReadComplete,
  ChannelOutputShutdownEvent,
} from "./channel-events.js";
import { ChannelOutboundBuffer, type OutboundBufferOwner } from "./channel-outbound-buffer.js";
import { type Completion, settle } from "./channel-promise.js";
import { ChannelSettings } from "./channel-settings.js";
import type { Clock } from "./clock.js";
import { ConnectAttempt } from "./connect-attempt.js";
import type { BindOptions, ChannelSignals, Connection, ConnectOptions, Listener } from "./transport.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

export type ChannelState = "open" | "connecting" | "active" | "closing" | "closed";

export class ChannelEngine implements ChannelSignals, OutboundBufferOwner {
  state: ChannelState = "open";
  /** Called when a burst of input has ended and when messages have left the queue; set while somebody watches. */
  onTraffic: (() => void) | undefined;
  readonly queue: ChannelOutboundBuffer;
  readonly end: Connection | Listener;

  readonly #channel: Channel<any, any>;
  #autoRead = true;
  #flushing = false;
  #flushWaits = false;
  #attempt: ConnectAttempt | undefined;
  #settings = ChannelSettings.DEFAULT;
  /** Read only; `note` gives what may be written to. */
  #ending = ChannelEnding.NOT_BEGUN;

  constructor(channel: Channel<any, any>, createEnd: (signals: ChannelEngine) => Connection | Listener) {
    this.#channel = channel;
    this.queue = new ChannelOutboundBuffer(this, WriteBufferWaterMark.DEFAULT, DEFAULT_MAX_OUTBOUND_BYTES);
    this.end = createEnd(this);
  }

  // ── what others may look at, and set ───────────────────────────────────────────────────────────────────────

  /** What options have set. */
  get settings(): ChannelSettings {
    return this.#settings;
  }

  change(settings: Partial<ChannelSettings>): void {
    this.#settings = this.#settings.with(settings);
  }

  get ending(): Readonly<ChannelEnding> {
    return this.#ending;
  }

  /** The channel's own {@link ChannelEngine.ending}, to be written to. */
  get note(): ChannelEnding {
    if (this.#ending === ChannelEnding.NOT_BEGUN) this.#ending = new ChannelEnding();
    return this.#ending;
  }

  get isInputShutdown(): boolean {
    return this.#ending.isInputShutdown;
  }

  get isOutputShutdown(): boolean {
    return this.#ending.isOutputShutdown;
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
    else if (this.#settings.allowHalfClosure && !this.#ending.toldInputEnd) {
      this.note.toldInputEnd = true;
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
    if (this.isOutputShutdown && this.#ending.shuttingDownOutput === undefined) {
      if (completion !== undefined) settle(completion, undefined, this);
      return;
    }
    const ending = this.note;
    ending.shuttingDownOutput ??= [];
    if (completion !== undefined) ending.shuttingDownOutput.push(completion);
    if (ending.isOutputShutdown) return;
    ending.isOutputShutdown = true;
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
      if (this.#ending.toldClosed) return settle(completion, undefined, this);
      const ending = this.note;
      ending.closing ??= [];
      ending.closing.push(completion);
    }
    if (this.#ending.failure !== undefined || this.#ending.peerIsGone) return this.destroy();
    const first = this.#startClosing();
    if (this.state === "closed" || this.#ending.stage !== "none") return;
    if (first) this.queue.failUnflushed(() => this.closedError());
    if (this.queue.length === 0) this.#end();
    else if (this.#ending.failPendingOnClose) this.destroy();
    else if (first) this.#drainThenEnd();
  }

  /** Closes at once; nothing more is sent. */
  destroy(cause?: Error): void {
    if (this.state === "closed" || this.#ending.stage === "destroyed") return;
    const ending = this.note;
    ending.cause ??= cause;
    ending.failure ??= cause;
    ending.stage = "destroyed";
    this.#startClosing();
    this.#failPending();
    if ("destroy" in this.end) this.end.destroy();
    else this.end.close();
  }

  /** Whether the channel has been cut, or broken, rather than closed in order. */
  get isCut(): boolean {
    return this.#ending.stage === "destroyed";
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
    if (this.state === "connecting" && this.#attempt === undefined) this.#channel.pipeline.fireExceptionCaught(error);
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
    else if (this.#ending.stage === "none") this.end.read();
  }

  inputShutdown(): void {
    if (this.isInputShutdown || this.state !== "active") return;
    this.note.isInputShutdown = true;
    if (this.#settings.allowHalfClosure && !this.isOutputShutdown) {
      this.#channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    } else if (this.#ending.shuttingDownOutput === undefined) this.close();
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
    if (this.state === "closed" || this.#ending.failure !== undefined) return;
    const ending = this.note;
    ending.failure = error;
    // When all had been sent and the end was closing already, nothing has been lost.
    if (ending.stage === "none") ending.cause ??= error;
    if (this.state === "active") {
      ending.toldFailure = true;
      this.#channel.pipeline.fireExceptionCaught(error);
    }
    this.destroy();
  }

  closed(): void {
    if (this.state === "closed") return;
    this.#startClosing();
    this.state = "closed";
    this.#ending.closeDeadline?.cancel();
    this.#failPending();
    if (this.#ending.shuttingDownOutput !== undefined) this.#settleShutdown(this.closedError());
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
    const limits = { clock: this.clock, timeoutMs: this.#settings.connectTimeoutMs, signal };
    this.#attempt = new ConnectAttempt(completion, limits, (error) => this.connectFailed(error));
  }

  #settleConnecting(error: Error | undefined): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    attempt.stop();
    settle(attempt.completion, error, this);
  }

  #settleShutdown(error: Error | undefined): void {
    const completions = this.#ending.shuttingDownOutput;
    if (completions === undefined) return;
    this.note.shuttingDownOutput = undefined;
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
      } while (this.#flushWaits && queue.flushedLength > 0 && this.#ending.stage === "none");
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
    return unsupportedMessage(message, this.#channel.pipeline.names());
  }

  /** @returns whether this call began it */
  #startClosing(): boolean {
    if (this.state === "closing" || this.state === "closed") return false;
    this.note.wasActive = this.state === "active";
    this.state = "closing";
    if (this.#attempt !== undefined) this.#settleConnecting(this.#ending.cause ?? this.closedError());
    return true;
  }

  #drainThenEnd(): void {
    const limit = this.#settings.closeTimeoutMs;
    const { queue } = this;
    this.note.closeDeadline = this.clock.schedule(limit, () => this.destroy(closeTimedOut(queue.pendingBytes, limit)));
    this.#send();
    if (this.#ending.stage === "none" && !this.isInputShutdown) this.end.read();
  }

  #end(): void {
    if (this.#ending.stage !== "none") return;
    this.note.stage = "closing";
    this.#ending.closeDeadline?.cancel();
    this.end.close();
  }

  /** All that was flushed has been sent: now the sending direction may end. */
  #endOutput(): void {
    const ending = this.note;
    if (ending.outputEnded) return;
    ending.outputEnded = true;
    try {
      (this.end as Connection).shutdownOutput();
    } catch (thrown) {
      ending.isOutputShutdown = ending.outputEnded = false;
      this.#settleShutdown(asError(thrown));
      if (this.isInputShutdown && !this.#settings.allowHalfClosure) this.close();
    }
  }

  /** What was flushed fails with what broke the channel; what was not, with its being closed. */
  #failPending(): void {
    const closedError = () => this.closedError();
    const failure = this.#ending.failure;
    this.queue.failAll(failure === undefined ? closedError : () => failure, closedError, !this.#ending.toldFailure);
  }

  /** What fails because the channel is closed; carries why. */
  closedError(): SluiceError {
    return new SluiceError(
      "CHANNEL_CLOSED",
      undefined,
      this.#ending.cause === undefined ? {} : { cause: this.#ending.cause },
    );
  }

  #tellClosed(): void {
    const { pipeline } = this.#channel;
    const ending = this.note;
    const { wasActive } = ending;
    if (wasActive) pipeline.fireChannelInactive();
    pipeline.dismantle();
    this.#channel.ended(wasActive);
    ending.toldClosed = true;
    const closing = ending.closing ?? [];
    ending.closing = undefined;
    for (const completion of closing) settle(completion, undefined, this);
  }
}

/** 256 times the default high-water mark: room for a burst, far from what would hurt a server's memory. */
const DEFAULT_MAX_OUTBOUND_BYTES = 16 * 1024 * 1024;
