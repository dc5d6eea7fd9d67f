/**
 * A channel without a transport, for testing handlers: put messages in at one end, take them out at the other.
 *
 * ```
 *   writeInbound ──▶ head ══ handlers ══ tail ──▶ readInbound
 *   readOutbound ◀── head ══ handlers ══ tail ◀── writeOutbound
 * ```
 *
 * It is active from the start, everything runs synchronously, and time stands still until `clock.advance`.
 * Errors that reach the tail are kept and thrown by the next call that checks (the channel stays open, so that a
 * test can look at what follows); write failures are thrown by `writeOutbound`.
 *
 * @example
 * ```ts
 * const channel = new EmbeddedChannel(new LineBasedFrameDecoder());
 * channel.writeInbound(ByteBuf.from("one\ntw"), ByteBuf.from("o\n"));
 * channel.readInbound().toString(); // "one"
 * channel.readInbound().toString(); // "two"
 * ```
 */
import type { SluiceError } from "@sluice/buffer";
import { Channel } from "../channel.js";
import type { ChannelHandler } from "../channel-handler.js";
import { EmbeddedConnection } from "./embedded-connection.js";
import { ManualClock } from "./manual-clock.js";

export interface EmbeddedChannelOptions {
  readonly handlers?: readonly ChannelHandler[];
  /** Share one clock among several channels. @default a new one */
  readonly clock?: ManualClock;
  readonly parent?: Channel;
}

/** What was left when the channel finished. */
export interface EmbeddedLeftovers {
  /** Messages that reached the tail and were not read. */
  readonly inbound: unknown[];
  /** Messages that were sent and not read. */
  readonly outbound: unknown[];
  /** Messages that were written and never flushed. */
  readonly unflushed: unknown[];
}

export class EmbeddedChannel extends Channel<any, any> {
  declare readonly clock: ManualClock;
  /** Messages that reached the tail, oldest first. */
  readonly inboundMessages: unknown[];
  /** Messages that were sent, oldest first. */
  readonly outboundMessages: unknown[];
  readonly #errors: Error[];
  readonly #tasks: (() => void)[] = [];

  constructor(options: EmbeddedChannelOptions);
  constructor(...handlers: ChannelHandler[]);
  constructor(...args: ChannelHandler[] | [EmbeddedChannelOptions]) {
    const options: EmbeddedChannelOptions = isOptions(args) ? args[0] : { handlers: args as ChannelHandler[] };
    const inbound: unknown[] = [];
    const outbound: unknown[] = [];
    const errors: Error[] = [];
    super({
      createEnd: (signals) => new EmbeddedConnection(signals, outbound, (task) => this.defer(task)),
      clock: options.clock ?? new ManualClock(),
      parent: options.parent,
      tail: {
        channelRead: (_ctx, message) => inbound.push(message),
        channelReadComplete: () => {},
        exceptionCaught: (_ctx, error) => errors.push(error),
      },
    });
    this.inboundMessages = inbound;
    this.outboundMessages = outbound;
    this.#errors = errors;
    for (const handler of options.handlers ?? []) this.pipeline.addLast(handler as any);
    this.engine.active();
    this.runPendingTasks();
  }

  /**
   * Delivers messages as one read burst.
   *
   * @returns whether there is something for `readInbound`
   * @throws what reached the tail unhandled; CHANNEL_CLOSED
   */
  writeInbound(...messages: unknown[]): boolean {
    this.#ensureOpen();
    for (const message of messages) this.pipeline.fireChannelRead(message);
    this.flushInbound();
    return this.inboundMessages.length > 0;
  }

  /** Delivers one message without ending the burst; `flushInbound` ends it. */
  writeOneInbound(message: unknown): void {
    this.#ensureOpen();
    this.pipeline.fireChannelRead(message);
    this.runPendingTasks();
  }

  /** Ends a read burst. @throws what reached the tail unhandled */
  flushInbound(): void {
    this.engine.readComplete();
    this.runPendingTasks();
    this.checkException();
  }

  /**
   * Writes and flushes messages at the tail.
   *
   * @returns whether there is something for `readOutbound`
   * @throws what the first failed write failed with, or what reached the tail unhandled
   */
  writeOutbound(...messages: unknown[]): boolean {
    this.#ensureOpen();
    for (const message of messages) this.writeOneOutbound(message);
    this.flushOutbound();
    return this.outboundMessages.length > 0;
  }

  /** Writes one message without flushing. */
  writeOneOutbound(message: unknown): void {
    this.write(message).addListener((error) => {
      if (error !== undefined) this.#errors.push(error);
    });
  }

  /** @throws what a failed write failed with, or what reached the tail unhandled */
  flushOutbound(): void {
    this.flush();
    this.runPendingTasks();
    this.checkException();
  }

  /** The oldest message that reached the tail, or undefined. */
  readInbound<T = any>(): T | undefined {
    return this.inboundMessages.shift() as T | undefined;
  }

  /** The oldest message that was sent, or undefined. */
  readOutbound<T = any>(): T | undefined {
    return this.outboundMessages.shift() as T | undefined;
  }

  /** Throws the first error that reached the tail since the last check; the others are dropped. */
  checkException(): void {
    const error = this.#errors[0];
    this.#errors.length = 0;
    if (error !== undefined) throw error;
  }

  /**
   * Ends the input, as a peer does that has sent everything, closes, and gives back what was left.
   *
   * @throws what reached the tail unhandled
   */
  finish(): EmbeddedLeftovers {
    const { length } = this.#errors;
    const unflushed = this.engine.queue.takeUnflushed(() => this.engine.closedError());
    // That these were not sent is reported, not thrown.
    this.#errors.length = length;
    this.engine.note.isInputShutdown = true;
    this.close();
    this.runPendingTasks();
    this.checkException();
    return { inbound: this.inboundMessages.splice(0), outbound: this.outboundMessages.splice(0), unflushed };
  }

  /** Runs what was put off to a later job; every method here does so at its end. */
  runPendingTasks(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task();
  }

  /** @internal */
  override defer(task: () => void): void {
    this.#tasks.push(task);
    queueMicrotask(() => this.runPendingTasks());
  }

  /** Records instead of closing. @internal */
  override unhandledError(error: Error): void {
    this.#errors.push(error);
  }

  #ensureOpen(): void {
    if (!this.isOpen) throw this.engine.closedError() satisfies SluiceError;
  }
}

function isOptions(args: readonly unknown[]): args is [EmbeddedChannelOptions] {
  const [first] = args;
  if (args.length !== 1 || typeof first !== "object" || first === null) return false;
  const isPlain = Object.getPrototypeOf(first) === Object.prototype;
  return isPlain && ("handlers" in first || "clock" in first || "parent" in first);
}
