/**
 * One connection, as its users see it.
 *
 * A channel owns a {@link ChannelPipeline}. Operations started here enter the pipeline at its tail; what the
 * transport brings enters at its head. `Out` is what may be written here, `In` what `messages()` yields.
 *
 * Two ways to use it:
 * - from handlers: `write`, `flush`, `close` … cost no native promise unless somebody awaits them;
 * - at the edge: `await channel.send(message)` and `for await (const message of channel.messages())`.
 *
 * Events (eventemitter3): `active`, `inactive`, `writability`, `error`, `close`.
 */
import { SluiceError } from "@sluice/buffer";
import { EventEmitter } from "eventemitter3";
import { asError } from "./as-error.js";
import { Attribute, type AttributeKey } from "./attribute-key.js";
import { ChannelEngine } from "./channel-engine.js";
import type { ChannelHandler } from "./channel-handler.js";
import { ChannelMessages } from "./channel-messages.js";
import { tellObservers, tellObserversOfException } from "./channel-observer.js";
import { ChannelOption } from "./channel-option.js";
import { ChannelPipeline } from "./channel-pipeline.js";
import { ChannelPromise } from "./channel-promise.js";
import type { Clock } from "./clock.js";
import { ENDS } from "./pipeline-ends.js";
import type { SocketAddress } from "./socket-address.js";
import { systemClock } from "./system-clock.js";
import type { BindOptions, ChannelSignals, Connection, ConnectOptions, Listener } from "./transport.js";
import { giveUp, WaitingSends } from "./waiting-sends.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

/** Life-cycle events and what their listeners get. */
export interface ChannelEvents {
  active: [];
  inactive: [];
  writability: [writable: boolean];
  /** An error that no handler dealt with; the channel closes because of it, unless its transport lets it go on (UDP). */
  error: [error: Error];
  /** The channel is over; the error, if any, is why. */
  close: [cause: Error | undefined];
}

/** What a channel is made of; bootstraps and transports know. */
export interface ChannelInit {
  readonly createEnd: (signals: ChannelSignals) => Connection | Listener;
  readonly parent?: Channel<any, any> | undefined;
  readonly clock?: Clock | undefined;
  /** Replaces what happens at the tail; for test channels. */
  readonly tail?: ChannelHandler;
}

/** How to close. */
export interface CloseOptions {
  /**
   * What becomes of writes that are flushed and not sent yet: they are sent first, at most until the close deadline,
   * or they fail with CHANNEL_CLOSED. Writes that are not flushed always fail.
   * @default "flush"
   */
  readonly pendingWrites?: "flush" | "fail";
}

/** Must not throw. */
export type OverTask = (channel: Channel<any, any>) => void;

export class Channel<In = any, Out = any> extends EventEmitter<ChannelEvents> implements AsyncDisposable {
  /** Unique in this process. */
  readonly id: number = nextId++;
  readonly parent: Channel<any, any> | undefined;
  readonly clock: Clock;
  readonly pipeline: ChannelPipeline<any, any>;
  /** What drives the channel; for handlers at the head and for transports. @internal */
  readonly engine: ChannelEngine;
  declare readonly "~in": In;

  #attributes: Map<AttributeKey<any>, Attribute<any>> | undefined;
  #options: Map<ChannelOption<any>, unknown> | undefined;
  #messages: ChannelMessages<In> | undefined;
  #sends: WaitingSends<Out> | undefined;
  #onceOver: OverTask[] | undefined;
  #closed: Promise<void> | undefined;
  #settleClosed: (() => void) | undefined;
  #isOver = false;
  #tellingFailure = false;
  #told: Error | undefined;

  constructor(init: ChannelInit) {
    super();
    this.parent = init.parent;
    this.clock = init.clock ?? init.parent?.clock ?? systemClock;
    this.engine = new ChannelEngine(this, init.createEnd);
    this.pipeline = new ChannelPipeline(this, init.tail === undefined ? ENDS : { ...ENDS, ...init.tail });
  }

  // ── state ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** False once closing has begun. */
  get isOpen(): boolean {
    return this.engine.state !== "closing" && this.engine.state !== "closed";
  }

  /** Connected, or listening. */
  get isActive(): boolean {
    return this.engine.state === "active";
  }

  /** Whether producers should go on: the queue is below its high-water mark. */
  get isWritable(): boolean {
    return this.isActive && this.engine.queue.isWritable;
  }

  /** Bytes that may be queued before the channel becomes unwritable; 0 when it is. */
  get bytesBeforeUnwritable(): number {
    return this.engine.queue.bytesBeforeUnwritable;
  }

  /** Bytes that must be sent before the channel becomes writable again; 0 when it is. */
  get bytesBeforeWritable(): number {
    return this.engine.queue.bytesBeforeWritable;
  }

  get localAddress(): SocketAddress | undefined {
    return this.engine.end.localAddress;
  }

  get remoteAddress(): SocketAddress | undefined {
    const { end } = this.engine;
    return "remoteAddress" in end ? end.remoteAddress : undefined;
  }

  /** Why the channel closed: undefined while it lives, or when it was closed on purpose. */
  get closeCause(): Error | undefined {
    return this.engine.ending.cause;
  }

  /** Resolves, never rejects, when everything is over: handlers removed, writes settled. */
  get closed(): Promise<void> {
    this.#closed ??= this.#isOver
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          this.#settleClosed = resolve;
        });
    return this.#closed;
  }

  // ── attributes and options ─────────────────────────────────────────────────────────────────────────────────

  /** The channel's value for `key`, made empty on first use. */
  attr<T>(key: AttributeKey<T>): Attribute<T> {
    this.#attributes ??= new Map();
    let attribute = this.#attributes.get(key);
    if (attribute === undefined) {
      attribute = new Attribute(key);
      this.#attributes.set(key, attribute);
    }
    return attribute as Attribute<T>;
  }

  /** Undefined when the option was never set on this channel. */
  getOption<T>(option: ChannelOption<T>): T | undefined {
    return this.#options?.get(option) as T | undefined;
  }

  /** @throws OPTION_UNSUPPORTED, INVALID_ARGUMENT */
  setOption<T>(option: ChannelOption<T>, value: T): this {
    const engineOption = ENGINE_OPTIONS.get(option);
    const { engine } = this;
    if (engineOption !== undefined) engineOption(engine, value, option.name);
    else if (engine.end.setOption !== undefined) engine.end.setOption(option, value);
    else throw new SluiceError("OPTION_UNSUPPORTED", `this channel's transport has no ${option.name}`);
    this.#options ??= new Map();
    this.#options.set(option, value);
    return this;
  }

  get autoRead(): boolean {
    return this.engine.autoRead;
  }

  /** Turning it on asks for input at once; turned off, each `read()` gets one burst. */
  set autoRead(value: boolean) {
    this.engine.autoRead = value;
  }

  // ── operations ─────────────────────────────────────────────────────────────────────────────────────────────

  connect(options: ConnectOptions): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.connect(options, promise);
    return promise;
  }

  bind(options: BindOptions): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.bind(options, promise);
    return promise;
  }

  /** Asks for one burst of input; needed only with `autoRead` off. */
  read(): this {
    this.pipeline.tail.read();
    return this;
  }

  /** Queues a message. The promise ends when its bytes have been handed to the system. */
  write(message: Out): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.write(message, promise);
    return promise;
  }

  flush(): this {
    this.pipeline.tail.flush();
    return this;
  }

  writeAndFlush(message: Out): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.writeAndFlush(message, promise);
    return promise;
  }

  /** Ends our sending direction after what has been flushed; the peer may go on sending. */
  shutdownOutput(): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.shutdownOutput(promise);
    return promise;
  }

  /** Closes in order. The promise ends when everything is over, like {@link closed}. */
  close(options?: CloseOptions): ChannelPromise {
    if (options?.pendingWrites === "fail") this.engine.note.failPendingOnClose = true;
    const promise = this.newPromise();
    this.pipeline.tail.close(promise);
    return promise;
  }

  /** Closes at once without asking the handlers; what is queued fails with CHANNEL_CLOSED. */
  closeForcibly(): void {
    this.engine.destroy();
  }

  disconnect(): ChannelPromise {
    const promise = this.newPromise();
    this.pipeline.tail.disconnect(promise);
    return promise;
  }

  // ── at the edge ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Waits until the channel is writable and those that came before have been sent, then sends. The promise ends when the
   * bytes have been handed to the system.
   *
   * It need not be awaited: a failure nobody listens for arrives at `exceptionCaught` like that of a write, except that a
   * message given up through its signal is given up in silence. Messages that wait for room are not bounded here; whoever
   * makes more than the peer takes should await.
   *
   * @param options.signal Ends the wait for room; what has been queued cannot be recalled.
   * @throws (rejects) ABORTED, CHANNEL_CLOSED, CHANNEL_NOT_ACTIVE, or what the write failed with
   */
  send(message: Out, options?: { readonly signal?: AbortSignal }): ChannelPromise {
    const promise = this.newPromise();
    const signal = options?.signal;
    const mustWait = this.isActive && (!this.isWritable || (this.#sends?.length ?? 0) > 0);
    if (signal?.aborted) giveUp(promise, signal);
    else if (!mustWait) this.pipeline.tail.writeAndFlush(message, promise);
    else {
      this.#sends ??= new WaitingSends(this);
      this.#sends.add(message, promise, signal);
    }
    return promise;
  }

  /**
   * The messages that reach the tail, in order, one reader at a time; reading pauses while the reader is behind.
   *
   * Ends when the channel closes; throws what closed it, if that was an error. Messages that arrived before the
   * first call are kept up to a small number; had more arrived, the first `next` rejects with MESSAGES_LOST.
   */
  messages(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<In> {
    return this.inbox.iterate(options?.signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.closed;
  }

  /** A completion for an operation; a failure nobody listens for arrives at `exceptionCaught`. */
  newPromise(): ChannelPromise {
    return new ChannelPromise(this);
  }

  // ── for the engine, the tail and the transports ────────────────────────────────────────────────────────────

  /** A failure nobody awaits travels through the pipeline; one that this causes in turn is not handled. @internal */
  unawaitedFailure(error: Error): void {
    if (!this.isOpen && this.#isKnown(error)) return;
    this.#told = error;
    if (this.#tellingFailure || this.#isOver) return this.unhandledError(error);
    this.#tellingFailure = true;
    try {
      this.pipeline.fireExceptionCaught(error);
    } finally {
      this.#tellingFailure = false;
    }
  }

  /** Emits an error no handler dealt with, here or else at the parent, and closes the channel unless it may go on. @internal */
  unhandledError(error: Error): void {
    const goesOn = this.engine.outlives(error, this.listenerCount("error") > 0);
    if (!goesOn && !this.#isOver && !isAboutClosing(error)) this.engine.note.cause ??= error;
    try {
      tellObserversOfException(this, error);
      if (!this.emit("error", error)) this.parent?.childFailed(this, error);
    } catch (thrown) {
      // Even the listener for errors failed: there is nobody left here to tell.
      this.parent?.childFailed(this, asError(thrown));
      return this.engine.close();
    }
    if (!goesOn) this.engine.close();
  }

  /** An accepted channel failed and nobody listens to it. @internal */
  childFailed(_child: Channel<any, any>, _error: Error): void {}

  /** Emits an event; a listener that throws fails the channel, not whoever brought the event. @internal */
  tell(event: "active" | "inactive"): void;
  tell(event: "writability", writable: boolean): void;
  tell(event: "close", cause: Error | undefined): void;
  tell(event: Exclude<keyof ChannelEvents, "error">, ...args: any[]): void {
    try {
      tellObservers(event, this);
      this.emit(event, ...(args as [any]));
    } catch (thrown) {
      this.unhandledError(asError(thrown));
    }
  }

  /** A message nobody took. @internal */
  unreadMessage(message: In): void {
    this.inbox.push(message);
  }

  /** Whether the reader of `messages()`, if there is one, keeps up. @internal */
  get wantsInput(): boolean {
    return this.#messages?.wantsMore ?? true;
  }

  /** Messages that wait for the reader of `messages()`. @internal */
  get unreadMessages(): number {
    return this.#messages?.length ?? 0;
  }

  /** There may be room again. @internal */
  roomChanged(): void {
    this.#sends?.resume();
  }

  /**
   * Runs `task` when the channel is over, before `close` is told: for those who keep books on channels. A listener would
   * not do, as one that throws keeps those behind it from being called. @internal
   */
  onceOver(task: OverTask): void {
    this.#onceOver ??= [];
    this.#onceOver.push(task);
  }

  /** Takes a task back. @internal */
  forgetOnceOver(task: OverTask): void {
    const index = this.#onceOver?.indexOf(task) ?? -1;
    if (index >= 0) this.#onceOver?.splice(index, 1);
  }

  /** Runs `task` on a later job, so that it is not nested in whatever runs now. @internal */
  defer(task: () => void): void {
    queueMicrotask(task);
  }

  /** The last word. @internal */
  ended(wasActive: boolean): void {
    this.#isOver = true;
    if (wasActive) this.tell("inactive");
    this.#messages?.end(this.engine.ending.cause);
    this.#sends?.resume();
    const tasks = this.#onceOver ?? [];
    this.#onceOver = undefined;
    for (const task of tasks) task(this);
    this.tell("close", this.engine.ending.cause);
    this.#settleClosed?.();
  }

  /** What `messages()` reads. @internal */
  get inbox(): ChannelMessages<In> {
    this.#messages ??= new ChannelMessages<In>(() => {
      if (this.autoRead && this.isActive) this.read();
    });
    if (this.#isOver) this.#messages.end(this.engine.ending.cause);
    return this.#messages;
  }

  /** Once a channel is closing, every write fails, with what broke it or for being late; one report is enough. */
  #isKnown(error: Error): boolean {
    const told = this.#told;
    if (!(error instanceof SluiceError && told instanceof SluiceError)) return false;
    return error === told || (isAboutClosing(error) && isAboutClosing(told));
  }
}

/** A write that came too late does not say why the channel closed. */
function isAboutClosing(error: Error): boolean {
  return error instanceof SluiceError && error.code === "CHANNEL_CLOSED";
}

let nextId = 1;

type EngineOption = (engine: ChannelEngine, value: any, name: string) => void;

const ENGINE_OPTIONS = new Map<ChannelOption<any>, EngineOption>([
  [ChannelOption.AUTO_READ, (engine, value: boolean) => (engine.autoRead = value)],
  [ChannelOption.ALLOW_HALF_CLOSURE, (engine, value: boolean) => engine.change({ allowHalfClosure: value })],
  [
    ChannelOption.WRITE_BUFFER_WATER_MARK,
    // Anything with two marks will do; the constructor checks them.
    (engine, value: WriteBufferWaterMark) => (engine.queue.waterMark = new WriteBufferWaterMark(value.low, value.high)),
  ],
  [
    ChannelOption.MAX_OUTBOUND_BYTES,
    (engine, value: number, name) => (engine.queue.maxBytes = atLeast(name, value, 1)),
  ],
  [
    ChannelOption.CONNECT_TIMEOUT_MILLIS,
    (engine, value: number, name) => engine.change({ connectTimeoutMs: milliseconds(name, value) }),
  ],
  [
    ChannelOption.CLOSE_TIMEOUT_MILLIS,
    (engine, value: number, name) => engine.change({ closeTimeoutMs: milliseconds(name, value) }),
  ],
]);

function milliseconds(name: string, value: number): number {
  if (value !== Number.POSITIVE_INFINITY) return atLeast(name, value, 0);
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be finite`);
}

function atLeast(name: string, value: number, least: number): number {
  if (value >= least) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be at least ${least}, not ${value}`, { limit: least });
}
