/**
 * A client that keeps one live channel: made by `bootstrap.reconnect`, it connects, prepares the channel, and does so
 * again whenever that is lost, until it is closed.
 *
 * ```
 *                    ┌────────── ready ──────────┐
 *   send ──▶ queue ──┼─▶ channel 1    channel 2 ─┼─▶ …        each with a pipeline of its own
 *                    │        │            │     │
 *   messages() ◀─────┴────────┴────────────┴─────┘
 * ```
 *
 * Guarantees:
 * - There is never more than one channel, and one attempt after the other: the next begins when the channel before is
 *   over and the delay has passed.
 * - Every message given to `send` ends in exactly one way: *sent* (the system has taken its bytes), *unsent* (no byte of
 *   it has left) or *uncertain* (it may have been delivered). The promise says which, and the last two are told by event.
 * - No message is written twice. What is uncertain is reported, and only who knows the protocol can tell whether to send
 *   it again.
 * - Messages are written in the order of the calls.
 *
 * What has been sent may be lost all the same, in a buffer of the system or in a peer that fails before it looks. Only an
 * answer of the peer proves delivery; that is the protocol's, see `RequestResponseHandler`.
 *
 * Events are told in the order in which things happened, each batch in a job of its own; `state` may be ahead of them. A
 * message costs a promise and an entry in the queue more than `channel.write`.
 */
import { SluiceError } from "@sluice/buffer";
import { EventEmitter } from "eventemitter3";
import { asError } from "../as-error.js";
import type { Channel, CloseOptions } from "../channel.js";
import { ChannelMessages } from "../channel-messages.js";
import type { Clock } from "../clock.js";
import { BackOff } from "./back-off.js";
import { Outbox } from "./outbox.js";
import { aborted } from "./pending-send.js";
import { Preparation } from "./preparation.js";
import { ReadyWaiters } from "./ready-waiters.js";
import type { ReconnectEvents } from "./reconnect-events.js";
import {
  type ReconnectAction,
  ReconnectMachine,
  type ReconnectMachineEvent,
  type ReconnectState,
} from "./reconnect-machine.js";
import { type ReconnectOptions, type ReconnectTarget, reconnectSettings } from "./reconnect-options.js";
import { RetryTimer } from "./retry-timer.js";

/** What a client needs; the bootstrap knows. */
export interface ReconnectingClientInit<In, Out> {
  /** Makes an unconnected channel with its pipeline. */
  readonly newChannel: () => Channel<In, Out>;
  readonly clock: Clock;
}

export class ReconnectingClient<In = any, Out = any>
  extends EventEmitter<ReconnectEvents<In, Out>>
  implements AsyncDisposable
{
  /** Resolves, never rejects, when everything is over: the channel closed, messages settled, `stopped` told. */
  readonly closed: Promise<void>;

  readonly #init: ReconnectingClientInit<In, Out>;
  readonly #settings: ReturnType<typeof reconnectSettings<In, Out>>;
  readonly #machine: ReconnectMachine;
  readonly #backOff: BackOff;
  readonly #timer: RetryTimer;
  readonly #outbox: Outbox<Out>;
  readonly #waiters = new ReadyWaiters<Channel<In, Out>>();
  readonly #inbox = new ChannelMessages<In>(() => this.#current?.inbox.resume());
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#stop(aborted(this.#signal as AbortSignal));
  readonly #untold: (() => void)[] = [];
  /** The channel of the attempt, from before it connects until it is over. */
  #current: Channel<In, Out> | undefined;
  #preparation: Preparation | undefined;
  #begun = 0;
  #server: ReconnectTarget;
  /** Why the attempt failed, if not by the end of its channel. */
  #failure: Error | undefined;
  #stopCause: Error | undefined;
  #stopped: SluiceError | undefined;
  #settleClosed: () => void = () => {};

  /** @internal @throws INVALID_ARGUMENT */
  constructor(init: ReconnectingClientInit<In, Out>, options: ReconnectOptions<In, Out>) {
    super();
    const settings = reconnectSettings(options);
    this.#init = init;
    this.#settings = settings;
    this.#server = settings.servers[0] as ReconnectTarget;
    this.#machine = new ReconnectMachine(settings);
    this.#backOff = new BackOff(settings);
    this.#timer = new RetryTimer(init.clock);
    this.#outbox = new Outbox(settings, {
      unsent: (messages, error) => this.#tell("unsent", messages, error),
      uncertain: (messages, error) => this.#tell("uncertain", messages, error),
    });
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#onAbort);
    // On a later job, so that listeners can be added before anything happens.
    queueMicrotask(() => {
      if (this.#signal?.aborted) this.#onAbort();
      this.#on("started");
    });
  }

  // ── state ──────────────────────────────────────────────────────────────────────────────────────────────────

  get state(): ReconnectState {
    return this.#machine.state;
  }

  /** The channel that is ready; undefined while there is none. Closing it makes the client connect anew. */
  get channel(): Channel<In, Out> | undefined {
    return this.#machine.state === "ready" ? this.#current : undefined;
  }

  /** Why it stopped: undefined while it goes on, or when it was closed on purpose. */
  get stopCause(): Error | undefined {
    return this.#stopCause;
  }

  /** Messages that wait to be written. */
  get queuedMessages(): number {
    return this.#outbox.queuedMessages;
  }

  /** What they count for; see {@link ReconnectOptions.sizeOf}. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Messages that have been written and not taken by the system yet; were the channel lost, they would be uncertain. */
  get inFlight(): number {
    return this.#outbox.inFlight;
  }

  // ── at the edge ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sends a message as soon as it can be: now, or when there is a channel and it has room. Resolves when the system has
   * taken its bytes.
   *
   * A failure need not be awaited: it is told as `unsent` or `uncertain` as well, unless the client was closed before.
   *
   * @param options.signal Takes the message back while it waits; what has been written cannot be recalled.
   * @throws (rejects) DELIVERY_UNCERTAIN if it may have been delivered. Everything else means that it was not sent:
   * SEND_QUEUE_FULL, MESSAGE_DROPPED, ABORTED, RECONNECT_STOPPED, or what the pipeline refused it with
   */
  send(message: Out, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#outbox.send(message, options?.signal);
  }

  /**
   * The messages of all channels that became ready, in order, one reader at a time; reading pauses while the reader is
   * behind, on the next channel too once it is ready.
   *
   * Ends when the client has stopped; throws why, if that was an error. Messages that arrived before the first call are
   * kept up to a small number; had more arrived, `next` rejects with MESSAGES_LOST.
   */
  messages(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<In> {
    return this.#inbox.iterate(options?.signal);
  }

  /**
   * Waits for a channel that is ready. It may be lost the next moment.
   *
   * @throws (rejects) ABORTED, RECONNECT_STOPPED
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<Channel<In, Out>> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return this.channel === undefined ? this.#waiters.wait(options?.signal) : Promise.resolve(this.channel);
  }

  /**
   * Ends it all, whatever is going on. What waits in the queue is unsent; a channel that is ready is closed in order, so
   * what is in flight is sent first unless `options` say otherwise; any other is cut. Later calls join the first.
   */
  close(options?: CloseOptions): Promise<void> {
    this.#stop(undefined);
    if (options !== undefined) this.#current?.close(options);
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #on(event: ReconnectMachineEvent): void {
    this.#do(this.#machine.on(event, this.#init.clock.now()));
  }

  #do(action: ReconnectAction): void {
    switch (action) {
      case "connect":
        return this.#connect();
      case "prepare":
        return this.#prepare(this.#current as Channel<In, Out>);
      case "open":
        return this.#open(this.#current as Channel<In, Out>);
      case "cut":
        return this.#current?.closeForcibly();
      case "close":
        return void this.#current?.close();
      case "wait":
        return this.#wait();
      case "giveUp":
        return this.#giveUp();
      case "finish":
        return this.#finish();
    }
  }

  #connect(): void {
    const { servers } = this.#settings;
    this.#server = servers[this.#begun++ % servers.length] as ReconnectTarget;
    this.#failure = undefined;
    this.#tell("connecting", this.#machine.attempts, this.#server);
    let channel: Channel<In, Out>;
    try {
      channel = this.#init.newChannel();
    } catch (thrown) {
      this.#failure = asError(thrown);
      return this.#channelClosed(undefined);
    }
    this.#current = channel;
    channel.inbox.feed(this.#inbox);
    channel.onceOver(() => this.#channelClosed(channel));
    channel.connect(this.#server).addListener((error) => this.#connected(channel, error));
  }

  #connected(channel: Channel<In, Out>, error: Error | undefined): void {
    if (error !== undefined) {
      this.#failure = error;
      return channel.closeForcibly();
    }
    // On a later job: the pipeline is yet to be told that the channel is active.
    queueMicrotask(() => {
      // One that is going down already will say so.
      if (channel.isActive) this.#on("connected");
    });
  }

  #prepare(channel: Channel<In, Out>): void {
    const { prepare, prepareTimeoutMs } = this.#settings;
    if (prepare === undefined) return this.#on("prepared");
    const preparation = new Preparation((error) => {
      if (error === undefined && !channel.isActive) return;
      this.#failure = error;
      this.#on(error === undefined ? "prepared" : "prepareFailed");
    });
    this.#preparation = preparation;
    const context = { server: this.#server, attempt: this.#machine.attempts };
    preparation.run((signal) => prepare(channel, { ...context, signal }), this.#init.clock, prepareTimeoutMs);
  }

  #open(channel: Channel<In, Out>): void {
    this.#tell("ready", channel);
    channel.inbox.pour();
    this.#waiters.resolve(channel);
    this.#outbox.open(channel);
  }

  /** The attempt, or what it led to, is over; without a channel if there could be none. */
  #channelClosed(channel: Channel<In, Out> | undefined): void {
    const wasReady = this.#outbox.hasChannel;
    const cause = wasReady ? channel?.closeCause : (this.#failure ?? channel?.closeCause ?? notPrepared());
    this.#current = undefined;
    if (wasReady) this.#tell("disconnected", cause);
    else if (this.#stopped === undefined) {
      this.#tell("attemptFailed", cause as Error, this.#machine.attempts, this.#server);
    }
    this.#outbox.channelClosed(cause);
    this.#preparation?.abandon(cause ?? notPrepared());
    this.#failure = cause;
    if (this.#stopped === undefined) this.#stopUnlessWorthRetrying(cause);
    this.#on("closed");
  }

  #wait(): void {
    try {
      const delayMs = this.#backOff.delayMs(this.#machine.waits);
      this.#timer.start(delayMs, () => this.#on("expired"));
      this.#tell("waiting", delayMs, this.#machine.attempts + 1);
    } catch (thrown) {
      this.#stop(asError(thrown));
    }
  }

  #giveUp(): void {
    const limit = this.#settings.maxAttempts;
    this.#stop(
      new SluiceError("ATTEMPTS_EXHAUSTED", `${limit} attempts have come to nothing`, { limit, cause: this.#failure }),
    );
    this.#finish();
  }

  #stopUnlessWorthRetrying(cause: Error | undefined): void {
    try {
      if (!this.#settings.shouldRetry(cause)) this.#stop(cause);
    } catch (thrown) {
      this.#stop(asError(thrown));
    }
  }

  #stop(cause: Error | undefined): void {
    if (this.#stopped !== undefined) return;
    const stopped = new SluiceError("RECONNECT_STOPPED", undefined, cause === undefined ? {} : { cause });
    this.#stopped = stopped;
    this.#stopCause = cause;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#timer.cancel();
    this.#outbox.end(stopped);
    this.#waiters.reject(stopped);
    this.#on("stopped");
    this.#preparation?.abandon(stopped);
  }

  #finish(): void {
    this.#inbox.end(this.#stopCause);
    this.#tell("stopped", this.#stopCause);
    this.#untold.push(this.#settleClosed);
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

  #tell<E extends keyof ReconnectEvents>(event: E, ...args: ReconnectEvents<In, Out>[E]): void {
    this.#untold.push(() => this.emit(event, ...(args as any)));
    if (this.#untold.length === 1) queueMicrotask(() => this.#tellAll());
  }

  #tellAll(): void {
    // What a listener causes is told in the same loop.
    for (const tell of this.#untold) {
      try {
        tell();
      } catch (thrown) {
        this.#listenerFailed(asError(thrown));
      }
    }
    this.#untold.length = 0;
  }

  #listenerFailed(error: Error): void {
    try {
      if (this.#machine.state !== "stopped" && this.emit("error", error)) return;
      this.#stop(error);
    } catch (thrown) {
      // Even the listener for errors failed.
      this.#stop(asError(thrown));
    }
    this.#stopCause ??= error;
  }
}

function notPrepared(): SluiceError {
  return new SluiceError("CHANNEL_CLOSED", "the channel was closed before it was ready");
}
