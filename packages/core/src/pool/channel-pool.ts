/**
 * Channels of a client that are used again and again, and shared by more callers than there are channels.
 *
 * ```
 *                 acquire                        release
 *   callers ───────────────▶ [in use] [in use] ───────────▶ checked ──▶ the next caller that waits, or
 *      │                                                                [idle] [idle] [idle]
 *      └ wait, in order, while all are in use                              └ used again, or closed: too long idle,
 *                                                                            too old, not healthy
 * ```
 *
 * Use it for protocols where a caller needs a connection to itself for a while. Where requests can share a connection,
 * one channel with a `RequestResponseHandler` does more.
 *
 * - **Bounded**: never more than `maxConnections` channels, never more than `maxWaiting` callers waiting for one.
 * - **Fair**: a channel goes to whoever has waited longest.
 * - **Told**: every `acquire` ends in a channel or one coded error. A connection that fails fails the caller it was made
 *   for, with its own error; the others go on waiting, each for an attempt of its own.
 * - **Fit**: an idle channel that dies is forgotten at once. One taken from the idle ones is checked first; one that comes
 *   back is checked, and goes on to whoever waits without another check.
 *
 * Costs a promise and a small object per `acquire`, and nothing per message. Events (eventemitter3): `created`,
 * `acquired`, `released`, `closed`.
 *
 * @example
 * ```ts
 * await using pool = new ChannelPool({
 *   connect: ({ signal }) => bootstrap.connect({ host: "127.0.0.1", port: 9000, signal }),
 *   maxConnections: 4,
 * });
 * await pool.use((channel) => channel.send("PING"));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { EventEmitter } from "eventemitter3";
import { asError } from "../as-error.js";
import { Channel } from "../channel.js";
import type { Timeout } from "../clock.js";
import { BoundedCall } from "./bounded-call.js";
import { ChannelLease, type ReleaseOptions } from "./channel-lease.js";
import type { ChannelPoolEvents } from "./channel-pool-events.js";
import { type ChannelCheck, type ChannelPoolOptions, milliseconds, poolOptions } from "./channel-pool-options.js";
import { type PoolCloseOptions, type PoolCloseReport, PoolClosing } from "./pool-closing.js";
import { type PoolAction, PoolMachine, type PoolReturn, type PoolVerdict } from "./pool-machine.js";
import type { PoolCloseReason, PoolPlace } from "./pool-place.js";
import { PoolTally, type PoolTotals } from "./pool-totals.js";
import { type AcquireOptions, PoolWaiter } from "./pool-waiter.js";

export class ChannelPool<In = any, Out = any>
  extends EventEmitter<ChannelPoolEvents<In, Out>>
  implements AsyncDisposable
{
  readonly #options: ReturnType<typeof poolOptions<In, Out>>;
  readonly #machine: PoolMachine;
  readonly #placeOf = new WeakMap<Channel<In, Out>, PoolPlace>();
  /** The places that have a channel which is not over. */
  readonly #open = new Set<PoolPlace>();
  readonly #connecting = new Set<BoundedCall<Channel<In, Out>>>();
  readonly #tally = new PoolTally();
  #lastFailure: Error | undefined;
  #eviction: Timeout | undefined;
  #closing: PoolClosing | undefined;
  readonly #actions: PoolAction[] = [];
  #isPerforming = false;

  /** @throws INVALID_ARGUMENT */
  constructor(options: ChannelPoolOptions<In, Out>) {
    super();
    this.#options = poolOptions(options);
    this.#machine = new PoolMachine(this.#options);
  }

  // ── counters ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Places taken, of `maxConnections`: channels in any state, and attempts to connect. */
  get size(): number {
    return this.#machine.size;
  }

  get idle(): number {
    return this.#machine.count("idle");
  }

  /** Channels that callers hold. */
  get leased(): number {
    return this.#machine.count("leased");
  }

  /** Attempts to connect that are under way. */
  get connecting(): number {
    return this.#machine.count("connecting");
  }

  /** Calls of `acquire` that have not ended, those for which a channel is being connected or checked included. */
  get waiting(): number {
    return this.#machine.waiting;
  }

  get isOpen(): boolean {
    return !this.#machine.isClosed;
  }

  get totals(): PoolTotals {
    return this.#tally.snapshot();
  }

  /** Why the last attempt to connect that failed did; some fail when nobody waits for them any more. */
  get lastFailure(): Error | undefined {
    return this.#lastFailure;
  }

  // ── operations ─────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A channel for the caller alone, until it gives it back with {@link release}.
   *
   * @throws (rejects) POOL_CLOSED, POOL_EXHAUSTED, POOL_ACQUIRE_TIMEOUT, ABORTED, INVALID_ARGUMENT, or what `connect`
   * failed with, CONNECT_TIMEOUT when that took too long
   */
  async acquire(options: AcquireOptions = {}): Promise<Channel<In, Out>> {
    return (await this.lease(options)).channel;
  }

  /** As {@link acquire}, with an object that gives the channel back, once, at the end of a `using` block for example. */
  async lease({
    signal,
    timeoutMs = this.#options.acquireTimeoutMs,
  }: AcquireOptions = {}): Promise<ChannelLease<In, Out>> {
    milliseconds("timeoutMs", timeoutMs);
    if (signal?.aborted) throw new SluiceError("ABORTED", undefined, { cause: signal.reason });
    return new Promise((resolve, reject) => {
      const waiter = new PoolWaiter((place) => resolve(place.lease as ChannelLease<In, Out>), reject);
      this.#perform(this.#machine.acquire(waiter));
      const giveUp = (error: Error) => this.#giveUp(waiter, error);
      try {
        waiter.limit(this.#options.clock, { timeoutMs, ...(signal && { signal }) }, giveUp);
      } catch (thrown) {
        giveUp(asError(thrown));
      }
    });
  }

  /**
   * Does `work` with a channel and gives it back.
   *
   * When `work` fails the channel is discarded, as the conversation may have stopped half way. A failure that leaves it
   * usable is for `work` to catch.
   *
   * @throws (rejects) as {@link acquire}, and what `work` throws
   */
  async use<T>(work: (channel: Channel<In, Out>) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    const lease = await this.lease(options);
    let discard = true;
    try {
      const result = await work(lease.channel);
      discard = false;
      return result;
    } finally {
      lease.release({ discard });
    }
  }

  /**
   * Gives a channel back; one that has died meanwhile as well.
   *
   * A second call is noticed unless the channel has gone to somebody else by then, from whom it would be taken away. A
   * {@link lease} cannot be given back twice.
   *
   * @throws POOL_NOT_LEASED for one that has been given back already, POOL_FOREIGN_CHANNEL for one of somebody else's,
   * which is closed
   */
  release(channel: Channel<In, Out>, options: ReleaseOptions = {}): void {
    const place = this.#placeOf.get(channel);
    if (place === undefined) {
      channel.close();
      throw new SluiceError("POOL_FOREIGN_CHANNEL");
    }
    if (place.lease === undefined || place.lease.isOver) throw new SluiceError("POOL_NOT_LEASED");
    place.lease.release(options);
  }

  /**
   * Closes the idle channels, and those in use as they come back; who waits gets POOL_CLOSED. What has not come back at
   * the deadline is cut. A second call joins the first, whose deadline counts; the signals of both do.
   *
   * @throws INVALID_ARGUMENT for a deadline that never comes
   */
  close({ timeoutMs = 10_000, signal }: PoolCloseOptions = {}): Promise<PoolCloseReport> {
    if (this.#closing === undefined) {
      milliseconds("timeoutMs", timeoutMs);
      const { clock } = this.#options;
      this.#closing = new PoolClosing({ clock, timeoutMs, open: this.#open.size, cut: () => this.#cut() });
      this.#perform(this.#machine.close());
      for (const attempt of [...this.#connecting]) attempt.cancel(new SluiceError("POOL_CLOSED"));
    }
    return this.#closing.join(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ── what the machine has decided ───────────────────────────────────────────────────────────────────────────

  /** In the order of the decisions: what follows from an action comes after those decided before. */
  #perform(actions: readonly PoolAction[]): void {
    this.#actions.push(...actions);
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    for (let i = 0; i < this.#actions.length; i++) this.#do(this.#actions[i] as PoolAction);
    this.#actions.length = 0;
    this.#isPerforming = false;
    this.#armEviction();
    if (this.#machine.isClosed && this.#machine.size === 0) this.#finish();
  }

  #do(action: PoolAction): void {
    switch (action.do) {
      case "connect":
        return this.#connect(action.place);
      case "check":
        return this.#check(action.place);
      case "lease":
        return this.#lease(action.place, action.waiter);
      case "close":
        return this.#close(action.place);
      case "refuse":
        return action.waiter.refuse(action.error);
    }
  }

  #connect(place: PoolPlace): void {
    if (!this.isOpen) return this.#connectFailed(place, new SluiceError("POOL_CLOSED"));
    const { connect, connectTimeoutMs: timeoutMs, clock } = this.#options;
    const attempt = new BoundedCall<Channel<In, Out>>({
      call: connect,
      clock,
      timeoutMs,
      timeoutError: () => new SluiceError("CONNECT_TIMEOUT", `no channel within ${timeoutMs} ms`, { limit: timeoutMs }),
      succeeded: (channel) => {
        this.#connecting.delete(attempt);
        this.#connected(place, channel);
      },
      failed: (error) => {
        this.#connecting.delete(attempt);
        this.#connectFailed(place, error);
      },
      late: cut,
    });
    this.#connecting.add(attempt);
    attempt.run();
  }

  #connected(place: PoolPlace, channel: Channel<In, Out>): void {
    try {
      this.#checkNew(channel);
      this.#limitLifetime(place);
    } catch (thrown) {
      if (!this.#placeOf.has(channel)) cut(channel);
      return this.#connectFailed(place, asError(thrown));
    }
    this.#placeOf.set(channel, place);
    this.#open.add(place);
    place.channel = channel;
    channel.onceOver(() => this.#ended(place, channel));
    this.#tally.created++;
    this.#tell("created", channel);
    this.#perform(this.#machine.connected(place, this.#options.clock.now()));
  }

  /** @throws INVALID_ARGUMENT, CONNECT_FAILED */
  #checkNew(channel: Channel<In, Out>): void {
    if (!(channel instanceof Channel)) throw new SluiceError("INVALID_ARGUMENT", "connect must give a channel");
    if (this.#placeOf.has(channel)) {
      throw new SluiceError("INVALID_ARGUMENT", "connect must make a new channel each time");
    }
    if (channel.isActive) return;
    throw new SluiceError("CONNECT_FAILED", "the channel is not active", { cause: channel.closeCause });
  }

  #connectFailed(place: PoolPlace, error: Error): void {
    if (this.isOpen) {
      this.#tally.failed++;
      this.#lastFailure = error;
    }
    this.#perform(this.#machine.connectFailed(place, error));
  }

  #check(place: PoolPlace): void {
    const channel = place.channel as Channel<In, Out>;
    const { checkOnAcquire, checkOnRelease } = this.#options;
    const check = place.state === "checking" ? checkOnAcquire : checkOnRelease;
    if (check === undefined || !channel.isActive) return this.#checked(place, true);
    this.#ask(check, place, channel);
  }

  #ask(check: ChannelCheck<In, Out>, place: PoolPlace, channel: Channel<In, Out>): void {
    const { checkTimeoutMs: timeoutMs, clock } = this.#options;
    new BoundedCall<boolean>({
      call: (options) => check(channel, options),
      clock,
      timeoutMs,
      timeoutError: () => new SluiceError("POOL_CHECK_TIMEOUT", undefined, { limit: timeoutMs }),
      succeeded: (healthy) => this.#checked(place, healthy),
      failed: (error) => {
        if (channel.isActive) channel.unhandledError(error);
        this.#checked(place, false);
      },
    }).run();
  }

  #checked(place: PoolPlace, healthy: boolean): void {
    const fit: PoolVerdict = place.channel?.isActive ? "healthy" : "dead";
    this.#perform(this.#machine.checked(place, healthy ? fit : "unhealthy", this.#options.clock.now()));
  }

  #lease(place: PoolPlace, waiter: PoolWaiter): void {
    const channel = place.channel as Channel<In, Out>;
    place.lease = new ChannelLease(channel, (options) => this.#returned(place, channel, options));
    this.#tally.acquired++;
    this.#tell("acquired", channel);
    waiter.serve(place);
  }

  #returned(place: PoolPlace, channel: Channel<In, Out>, { discard = false }: ReleaseOptions): void {
    if (place.state === "leased") this.#tell("released", channel);
    const how: PoolReturn = discard ? "discarded" : "reusable";
    this.#perform(this.#machine.released(place, channel.isActive ? how : "dead"));
  }

  /** In order where the conversation is over; at once where it is not worth waiting for. */
  #close(place: PoolPlace): void {
    if (place.reason === "unhealthy" || place.reason === "discarded") place.channel?.closeForcibly();
    else place.channel?.close();
  }

  // ── what happens by itself ─────────────────────────────────────────────────────────────────────────────────

  #ended(place: PoolPlace, channel: Channel<In, Out>): void {
    place.lifetime?.cancel();
    this.#open.delete(place);
    this.#tally.closed[place.reason]++;
    this.#tell("closed", channel, place.reason);
    this.#perform(this.#machine.ended(place));
  }

  #giveUp(waiter: PoolWaiter, error: Error): void {
    // What has been decided in its favour is on its way.
    if (!waiter.isWaiting) return;
    this.#perform(this.#machine.abandoned(waiter));
    waiter.refuse(error);
  }

  #limitLifetime(place: PoolPlace): void {
    const { maxLifetimeMs, lifetimeJitter, clock } = this.#options;
    if (maxLifetimeMs === 0) return;
    const lifetimeMs = maxLifetimeMs * (1 - lifetimeJitter * Math.random());
    place.lifetime = clock.schedule(lifetimeMs, () => this.#perform(this.#machine.expired(place)));
  }

  /** One timeout for all: when it comes too early it is armed again. */
  #armEviction(): void {
    const due = this.#machine.nextEviction;
    if (due === undefined || this.#eviction?.isPending) return;
    const { clock } = this.#options;
    this.#eviction ??= clock.schedule(0, () => this.#perform(this.#machine.evict(clock.now())));
    this.#eviction.reschedule(due - clock.now());
  }

  #cut(): number {
    const left = [...this.#open];
    for (const place of left) {
      if (place.state !== "closing") place.reason = "shutdown";
      place.channel?.engine.destroy(new SluiceError("POOL_CLOSED"));
    }
    return left.length;
  }

  #finish(): void {
    this.#eviction?.cancel();
    this.#closing?.finish();
  }

  #tell(event: "created" | "acquired" | "released", channel: Channel<In, Out>): void;
  #tell(event: "closed", channel: Channel<In, Out>, reason: PoolCloseReason): void;
  #tell(event: keyof ChannelPoolEvents, ...args: any[]): void {
    try {
      this.emit(event, ...(args as [any, any]));
    } catch (thrown) {
      (args[0] as Channel).unhandledError(asError(thrown));
    }
  }
}

/** Ends what is of no use, if it is a channel at all: what `connect` gives may be anything. */
function cut(channel: unknown): void {
  if (channel instanceof Channel) channel.closeForcibly();
}
