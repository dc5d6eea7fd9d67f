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
 */
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "./channel.js";
import {
  ChannelInputShutdownEvent,
  ChannelInputShutdownReadComplete,
  ChannelOutputShutdownEvent,
} from "./channel-events.js";
import { ChannelOutboundBuffer, type OutboundBufferOwner } from "./channel-outbound-buffer.js";
import type { Completion } from "./channel-promise.js";
import type { Timeout } from "./clock.js";
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
  isInputShutdown = false;
  isOutputShutdown = false;
  readonly queue: ChannelOutboundBuffer;
  readonly end: Connection | Listener;

  readonly #channel: Channel<any, any>;
  #autoRead = true;
  #wasActive = false;
  #toldInputEnd = false;
  #connecting: Completion | undefined;
  #stopWaiting: (() => void) | undefined;
  #shuttingDownOutput: Completion | undefined;
  #closing: Completion[] | undefined;
  #closeDeadline: Timeout | undefined;

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
    this.end.connect(options);
  }

  bind(options: BindOptions, completion: Completion): void {
    if (!("bind" in this.end)) return completion.fail(unsupported("bind a channel that is not a server's"));
    if (!this.#mayStart(options.signal, completion)) return;
    this.#waitForActive(options.signal, completion);
    this.end.bind(options);
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
    else if (completion !== undefined) completion.fail(refusal);
    else this.unawaitedFailure(refusal);
  }

  flush(): void {
    const { queue, end } = this;
    queue.markFlushed();
    if (queue.flushedLength === 0 || !("flush" in end)) return;
    if (this.state === "active") end.flush(queue);
    else if (this.state !== "closing") {
      queue.failAll(() => new SluiceError("CHANNEL_NOT_ACTIVE", "flushed before the channel was connected"));
    }
  }

  shutdownOutput(completion: Completion | undefined): void {
    if (this.state !== "active") return fail(completion, this.closedError());
    if (!("shutdownOutput" in this.end)) return fail(completion, unsupported("half-close a server channel"));
    if (this.isOutputShutdown) return completion?.succeed();
    this.isOutputShutdown = true;
    this.#shuttingDownOutput = completion;
    this.queue.failUnflushed((count) => new SluiceError("OUTPUT_SHUTDOWN", undefined, { length: count }));
    if (this.queue.length === 0) this.end.shutdownOutput();
  }

  /** Closes once what has been flushed is sent, or the close deadline has passed. Later calls join the first. */
  close(completion?: Completion): void {
    if (completion !== undefined) {
      if (this.state === "closed") return completion.succeed();
      this.#closing ??= [];
      this.#closing.push(completion);
    }
    if (!this.#startClosing()) return;
    this.queue.failUnflushed(this.closedError);
    if (this.queue.length === 0 || !this.#wasActive) this.#end();
    else if (this.failPendingOnClose) this.destroy();
    else this.#drainThenClose();
  }

  /** Closes at once; nothing more is sent. */
  destroy(cause?: Error): void {
    if (this.state === "closed") return;
    this.#startClosing();
    this.cause ??= cause;
    this.#failFlushed();
    this.end.destroy();
  }

  get autoRead(): boolean {
    return this.#autoRead;
  }

  set autoRead(value: boolean) {
    const turnedOn = value && !this.#autoRead;
    this.#autoRead = value;
    if (turnedOn && this.state === "active") this.#channel.read();
  }

  // ── signals, from the transport ────────────────────────────────────────────────────────────────────────────

  active(): void {
    if (this.state !== "open" && this.state !== "connecting") return;
    this.state = "active";
    this.#wasActive = true;
    this.#settleConnecting(undefined);
    this.#channel.emit("active");
    this.#channel.pipeline.fireChannelActive();
    this.#readOn();
  }

  connectFailed(error: Error): void {
    if (this.state === "closed" || this.state === "active") return;
    this.cause ??= error;
    this.#settleConnecting(error);
    this.destroy(error);
  }

  read(message: unknown): void {
    this.#channel.pipeline.fireChannelRead(message);
  }

  readComplete(): void {
    this.#channel.pipeline.fireChannelReadComplete();
    this.#readOn();
  }

  inputShutdown(): void {
    if (this.isInputShutdown || this.state !== "active") return;
    this.isInputShutdown = true;
    if (this.allowHalfClosure && !this.isOutputShutdown) {
      this.#channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    } else if (!this.isOutputShutdown || this.#shuttingDownOutput === undefined) this.close();
  }

  outputShutdown(): void {
    const completion = this.#shuttingDownOutput;
    this.#shuttingDownOutput = undefined;
    completion?.succeed();
    if (this.state !== "active") return;
    this.#channel.pipeline.fireUserEventTriggered(ChannelOutputShutdownEvent);
    if (this.isInputShutdown) this.close();
  }

  failed(error: Error): void {
    this.cause ??= error;
    if (this.state === "active") this.#channel.pipeline.fireExceptionCaught(error);
    this.destroy(error);
  }

  closed(): void {
    if (this.state === "closed") return;
    this.#startClosing();
    this.state = "closed";
    this.#closeDeadline?.cancel();
    this.#failFlushed();
    fail(this.#shuttingDownOutput, this.closedError());
    this.#channel.defer(() => this.#tellClosed());
  }

  // ── from the queue ─────────────────────────────────────────────────────────────────────────────────────────

  writabilityChanged(): void {
    if (this.state !== "active") return;
    this.#channel.emit("writability", this.queue.isWritable);
    this.#channel.pipeline.fireChannelWritabilityChanged();
  }

  queueDrained(): void {
    if (this.state === "closing") this.#end();
    else if (this.isOutputShutdown && "shutdownOutput" in this.end) this.end.shutdownOutput();
  }

  unawaitedFailure(error: Error): void {
    this.#channel.unawaitedFailure(error);
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #mayStart(signal: AbortSignal | undefined, completion: Completion): boolean {
    if (this.state === "open" && !signal?.aborted) return true;
    if (this.state === "open") {
      completion.fail(aborted(signal));
      this.destroy();
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
    if (error === undefined) completion?.succeed();
    else completion?.fail(error);
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

  #drainThenClose(): void {
    this.#closeDeadline = this.#channel.clock.schedule(this.closeTimeoutMs, () =>
      this.destroy(
        new SluiceError("CLOSE_TIMEOUT", `${this.queue.pendingBytes} bytes were not sent in time`, {
          length: this.queue.pendingBytes,
          limit: this.closeTimeoutMs,
        }),
      ),
    );
    (this.end as Connection).flush(this.queue);
  }

  #end(): void {
    this.#closeDeadline?.cancel();
    this.end.close();
  }

  /** What was flushed fails with what broke the channel; what was not, with its being closed. */
  #failFlushed(): void {
    const { cause } = this;
    this.queue.failUnflushed(this.closedError);
    this.queue.failAll(cause instanceof SluiceError ? () => cause : this.closedError);
  }

  /** What fails because the channel is closed; carries why. */
  readonly closedError = (): SluiceError =>
    new SluiceError("CHANNEL_CLOSED", undefined, this.cause === undefined ? {} : { cause: this.cause });

  #tellClosed(): void {
    const { pipeline } = this.#channel;
    if (this.#wasActive) pipeline.fireChannelInactive();
    pipeline.dismantle();
    this.#channel.ended(this.#wasActive);
    const closing = this.#closing;
    this.#closing = undefined;
    for (const completion of closing ?? []) completion.succeed();
  }
}

function fail(completion: Completion | undefined, error: Error): void {
  completion?.fail(error);
}

function unsupported(what: string): SluiceError {
  return new SluiceError("INVALID_ARGUMENT", `cannot ${what}`);
}

function aborted(signal: AbortSignal | undefined): SluiceError {
  return new SluiceError("ABORTED", undefined, { cause: signal?.reason });
}

/** 256 times the default high-water mark: room for a burst, far from what would hurt a server's memory. */
const DEFAULT_MAX_OUTBOUND_BYTES = 16 * 1024 * 1024;
