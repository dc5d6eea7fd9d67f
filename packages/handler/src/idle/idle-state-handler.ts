/**
 * Fires an {@link IdleStateEvent} when a channel has been silent for too long.
 *
 * ```
 *   reads     ▮▮▮          ▮▮                                 ▮▮
 *               └ readerIdleMs ─ ▶ (re-armed)
 *                           └ readerIdleMs ─▶ first ─ readerIdleMs ─▶ again … ▮▮ → first once more
 * ```
 *
 * - **Read clock**: set at the end of a burst (`channelReadComplete`). No reader or all-idle event fires inside one.
 * - **Write clock**: set when a write completes, successfully or not; a write that is stuck is silence.
 * - `ALL_IDLE` counts from the later of the two.
 * - An event repeats every period; its `first` is true once, until there is traffic in that direction again.
 * - Never early. Late by what the channel's clock is late: on `systemClock` a tick, and up to two more in a program
 *   that reads thousands of times a second (`Clock.mark`).
 *
 * Traffic means what passes this handler: put it nearest the transport to count bytes, behind a protocol's codec to
 * leave out that protocol's pings.
 */
import {
  asError,
  type ChannelHandlerContext,
  type Completion,
  type Moment,
  markOn,
  PassThroughHandler,
  scheduleOn,
  type TimedTask,
  type Timeout,
  timeOf,
} from "@sluice/core";
import { IdleReports } from "./idle-reports.js";
import { type IdleState, IdleStateEvent } from "./idle-state-event.js";
import { IdleTimes } from "./idle-times.js";
import { skipEvents } from "./skip-events.js";
import { WatchedWrite } from "./watched-write.js";

/** Milliseconds; 0 and less switch that kind of event off, anything shorter than 1 ms counts as 1 ms. */
export interface IdleStateHandlerOptions {
  /** `READER_IDLE` after so long without a read. @default 0 */
  readonly readerIdleMs?: number;
  /** `WRITER_IDLE` after so long without a completed write. @default 0 */
  readonly writerIdleMs?: number;
  /** `ALL_IDLE` after so long without either. @default 0 */
  readonly allIdleMs?: number;
  /**
   * Leaves out a repeated `WRITER_IDLE` or `ALL_IDLE` event while the channel's output moves although no write passing
   * here has completed: a slow peer is not a silent one. Output moves when messages or bytes enter or leave the queue,
   * and when the system takes more of a large message that is on its way, where the transport can tell (TCP on Node
   * can). The first event of a silence fires all the same; who closes on silence waits for one whose `first` is false.
   * @default false
   */
  readonly observeOutput?: boolean;
  /**
   * Makes the periods of this handler longer by a part of them that it draws once, up to this share of them: with 0.25
   * each of ten thousand channels that were opened in one instant, or got the same broadcast, reports its silence at
   * a moment of its own within a quarter of a period. All its kinds are made longer by the same share. From 0 to 1.
   * @default 0
   */
  readonly spread?: number;
  /** What `spread` draws from; a number from 0 to 1, asked for once. @default Math.random */
  readonly random?: () => number;
}

/**
 * Watches a channel for silence, from when it becomes active until it ends or the handler is removed.
 *
 * Use it to close dead connections and to time heartbeats; what to do is up to a later handler's
 * `userEventTriggered`, or to a subclass's {@link IdleStateHandler.channelIdle}.
 *
 * Costs one timeout for a channel, whichever kinds are on, and nothing is scheduled by traffic. A read burst and a
 * write each mark the moment they end. A write that carries a completion costs a small object; a handler for reads
 * only is stepped over by writes, and one for writes only by reads.
 *
 * @example
 * ```ts
 * pipeline
 *   .addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 30_000 }))
 *   .addLast({
 *     userEventTriggered(ctx, event) {
 *       if (!(event instanceof IdleStateEvent)) ctx.fireUserEventTriggered(event);
 *       else if (event.state === "READER_IDLE") ctx.close();
 *       else ctx.writeAndFlush(ByteBuf.from("ping\n"));
 *     },
 *   });
 * ```
 */
export class IdleStateHandler extends PassThroughHandler implements TimedTask {
  readonly #times: IdleTimes;
  /** It starts once and, stopped, never again. */
  #life: "new" | "running" | "stopped" = "new";
  #ctx: ChannelHandlerContext | undefined;
  #timeout: Timeout | undefined;
  #lastRead: Moment = 0;
  #lastWrite: Moment = 0;
  /** Kinds whose next event is a first one, a bit each, and whether a read burst has not ended. One field: each read sets it. */
  #flags: number = AFTER_READ | AFTER_WRITE;
  #unnamedWrite: WatchedWrite | undefined;
  #reports: IdleReports | undefined;

  /** @throws SluiceError `INVALID_ARGUMENT` if a time is `NaN` or infinite, or a share is not from 0 to 1 */
  constructor(options: IdleStateHandlerOptions = {}) {
    super();
    this.#times = IdleTimes.of(options);
    const { watchesReads, watchesWrites } = this.#times;
    if (!watchesReads) skipEvents(this, IdleStateHandler.prototype, ["channelRead", "channelReadComplete"]);
    if (!watchesWrites) skipEvents(this, IdleStateHandler.prototype, ["write"]);
  }

  /** The time in use, with its share of `spread`; 0 for none. */
  get readerIdleMs(): number {
    return this.#times.readerMs;
  }

  /** The time in use, with its share of `spread`; 0 for none. */
  get writerIdleMs(): number {
    return this.#times.writerMs;
  }

  /** The time in use, with its share of `spread`; 0 for none. */
  get allIdleMs(): number {
    return this.#times.allMs;
  }

  /** Counts as a read that has just ended, for the time; `first` stays as it is. */
  resetReadTimeout(): void {
    if (this.#ctx === undefined || !this.#times.watchesReads) return;
    this.#lastRead = this.#ctx.clock.now();
    this.#flags &= ~READING;
  }

  /** Counts as a write that has just completed, for the time; `first` stays as it is. */
  resetWriteTimeout(): void {
    if (this.#ctx === undefined || !this.#times.watchesWrites) return;
    this.#lastWrite = this.#ctx.clock.now();
  }

  /** What happens on silence: by default the event is fired. Anything thrown here goes to `exceptionCaught`. */
  protected channelIdle(ctx: ChannelHandlerContext, event: IdleStateEvent): void {
    ctx.fireUserEventTriggered(event);
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#ctx = ctx;
    if (ctx.channel.isActive) this.#start(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#stop();
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#start(ctx);
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#stop();
    ctx.fireChannelInactive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#flags |= READING | AFTER_READ;
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    if ((this.#flags & READING) !== 0) {
      this.#flags &= ~READING;
      const moment = markOn(ctx.clock);
      // Many bursts end in one window of the clock, and storing an object is not free.
      if (moment !== this.#lastRead) this.#lastRead = moment;
    }
    ctx.fireChannelReadComplete();
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    if (completion !== undefined) ctx.write(message, new WatchedWrite(this, ctx.channel, completion));
    else {
      this.#unnamedWrite ??= new WatchedWrite(this, ctx.channel, undefined);
      ctx.write(message, this.#unnamedWrite);
    }
  }

  /** @internal */
  writeEnded(): void {
    const moment = markOn((this.#ctx as ChannelHandlerContext).clock);
    if (moment !== this.#lastWrite) this.#lastWrite = moment;
    this.#flags |= AFTER_WRITE;
  }

  /** @internal */
  timedOut(): void {
    this.#expired(this.#ctx as ChannelHandlerContext);
  }

  #start(ctx: ChannelHandlerContext): void {
    if (this.#life !== "new") return;
    this.#life = "running";
    this.#lastRead = this.#lastWrite = ctx.clock.now();
    let periodMs = NEVER;
    for (const state of STATES) periodMs = Math.min(periodMs, this.#periodOf(state));
    if (periodMs < NEVER) this.#timeout = scheduleOn(ctx.clock, periodMs, this);
  }

  #stop(): void {
    this.#life = "stopped";
    this.#timeout?.cancel();
  }

  /**
   * One timeout serves all kinds: deadlines only ever move away, so it is armed for the nearest as of now. Makes no array
   * and no closure: of fifty thousand channels, thousands get here each second.
   */
  #expired(ctx: ChannelHandlerContext): void {
    const now = ctx.clock.now();
    try {
      // Before the events, which may stop everything.
      let next = NEVER;
      for (const state of STATES) next = Math.min(next, this.#nextLook(state, now));
      this.#timeout?.reschedule(next - now);
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
    for (const state of STATES) this.#fireIfDue(ctx, state, now);
  }

  /** When to look at a kind again: what is due now is due again a period later. */
  #nextLook(state: IdleState, now: number): number {
    const deadline = this.#deadline(state, now);
    return deadline <= now ? now + this.#periodOf(state) : deadline;
  }

  /** Asked anew for each kind: what handled the event before may have written, let time pass or ended all this. */
  #fireIfDue(ctx: ChannelHandlerContext, state: IdleState, now: number): void {
    if (this.#life !== "running" || !ctx.channel.isOpen) return;
    if (this.#deadline(state, now) <= now) this.#fire(ctx, state, now);
  }

  /** When the next event is due, if there is no more traffic. A read burst is no silence, however long it takes. */
  #deadline(state: IdleState, now: number): number {
    const periodMs = this.#periodOf(state);
    if (state !== "WRITER_IDLE" && (this.#flags & READING) !== 0) return now + periodMs;
    const lastTraffic = Math.max(
      state === "WRITER_IDLE" ? NOT_YET : timeOf(this.#lastRead),
      state === "READER_IDLE" ? NOT_YET : timeOf(this.#lastWrite),
    );
    // In this order the sum is the very deadline the clock was given. `period - (now - last)` could leave a rest too
    // small to move the time of day, and be asked again for ever.
    return Math.max(lastTraffic, this.#reports?.at[state] ?? NOT_YET) + periodMs;
  }

  #periodOf(state: IdleState): number {
    const { readerMs, writerMs, allMs } = this.#times;
    const ms = state === "READER_IDLE" ? readerMs : state === "WRITER_IDLE" ? writerMs : allMs;
    return ms === 0 ? NEVER : ms;
  }

  #fire(ctx: ChannelHandlerContext, state: IdleState, now: number): void {
    const first = (this.#flags & FIRST[state]) !== 0;
    this.#reports ??= new IdleReports();
    this.#reports.at[state] = now;
    this.#flags &= ~FIRST[state];
    if (this.#times.observeOutput && state !== "READER_IDLE") {
      const moved = this.#reports.output(state).hasMoved(ctx.channel.engine, timeOf(this.#lastWrite));
      if (moved && !first) return;
    }
    try {
      this.channelIdle(ctx, IdleStateEvent.of(state, first));
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }
}

const STATES: readonly IdleState[] = ["READER_IDLE", "WRITER_IDLE", "ALL_IDLE"];
const NEVER = Number.POSITIVE_INFINITY;
const NOT_YET = Number.NEGATIVE_INFINITY;
const FIRST = { READER_IDLE: 1, WRITER_IDLE: 2, ALL_IDLE: 4 } as const satisfies Record<IdleState, number>;
const READING = 8;
/** What traffic in a direction makes first ones again. */
const AFTER_READ = FIRST.READER_IDLE | FIRST.ALL_IDLE;
const AFTER_WRITE = FIRST.WRITER_IDLE | FIRST.ALL_IDLE;
