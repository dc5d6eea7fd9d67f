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
 *
 * Traffic means what passes this handler: put it nearest the transport to count bytes, behind a protocol's codec to
 * leave out that protocol's pings.
 */
import type { ChannelHandlerContext, Completion, Timeout } from "@sluice/core";
import { asError, PassThroughHandler } from "@sluice/core";
import { effectiveTimeout } from "./effective-timeout.js";
import { type IdleState, IdleStateEvent } from "./idle-state-event.js";
import { OutputWatch } from "./output-watch.js";
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
   * Leaves out a repeated `WRITER_IDLE` or `ALL_IDLE` event while the channel's queue moves although no write passing
   * here has completed: a slow peer is not a silent one. The first event of a silence fires all the same.
   * @default false
   */
  readonly observeOutput?: boolean;
}

/**
 * Watches a channel for silence, from when it becomes active until it ends or the handler is removed.
 *
 * Use it to close dead connections and to time heartbeats; what to do is up to a later handler's
 * `userEventTriggered`, or to a subclass's {@link IdleStateHandler.channelIdle}.
 *
 * Costs one timeout for each kind of event that is on, and one look at the clock per read burst and per write. A
 * write that carries a completion costs a small object; a handler for reads only is stepped over by writes, and one
 * for writes only by reads.
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
export class IdleStateHandler extends PassThroughHandler {
  readonly #reader: IdleTimer | undefined;
  readonly #writer: IdleTimer | undefined;
  readonly #all: IdleTimer | undefined;
  /** It starts once and, stopped, never again. */
  #life: "new" | "running" | "stopped" = "new";
  #ctx: ChannelHandlerContext | undefined;
  #reading = false;
  #lastRead = 0;
  #lastWrite = 0;
  #onWriteEnd: (() => void) | undefined;
  #unnamedWrite: WatchedWrite | undefined;

  /** @throws SluiceError `INVALID_ARGUMENT` if a time is `NaN` or infinite */
  constructor(options: IdleStateHandlerOptions = {}) {
    super();
    const { readerIdleMs = 0, writerIdleMs = 0, allIdleMs = 0, observeOutput = false } = options;
    this.#reader = newTimer("READER_IDLE", effectiveTimeout("readerIdleMs", readerIdleMs), false);
    this.#writer = newTimer("WRITER_IDLE", effectiveTimeout("writerIdleMs", writerIdleMs), observeOutput);
    this.#all = newTimer("ALL_IDLE", effectiveTimeout("allIdleMs", allIdleMs), observeOutput);
    if (!this.#watchesReads) skipEvents(this, IdleStateHandler.prototype, ["channelRead", "channelReadComplete"]);
    if (!this.#watchesWrites) skipEvents(this, IdleStateHandler.prototype, ["write"]);
  }

  /** The time in use; 0 for none. */
  get readerIdleMs(): number {
    return this.#reader?.periodMs ?? 0;
  }

  /** The time in use; 0 for none. */
  get writerIdleMs(): number {
    return this.#writer?.periodMs ?? 0;
  }

  /** The time in use; 0 for none. */
  get allIdleMs(): number {
    return this.#all?.periodMs ?? 0;
  }

  /** Counts as a read that has just ended, for the time; `first` stays as it is. */
  resetReadTimeout(): void {
    if (this.#ctx === undefined || !this.#watchesReads) return;
    this.#lastRead = this.#ctx.clock.now();
    this.#reading = false;
  }

  /** Counts as a write that has just completed, for the time; `first` stays as it is. */
  resetWriteTimeout(): void {
    if (this.#ctx === undefined || !this.#watchesWrites) return;
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
    this.#reading = true;
    this.#reader?.rearm();
    this.#all?.rearm();
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    if (this.#reading) {
      this.#lastRead = ctx.clock.now();
      this.#reading = false;
    }
    ctx.fireChannelReadComplete();
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    this.#onWriteEnd ??= () => this.#writeEnded();
    if (completion !== undefined) {
      ctx.write(message, new WatchedWrite(this.#onWriteEnd, ctx.channel, completion));
    } else {
      this.#unnamedWrite ??= new WatchedWrite(this.#onWriteEnd, ctx.channel, undefined);
      ctx.write(message, this.#unnamedWrite);
    }
  }

  get #watchesReads(): boolean {
    return this.#reader !== undefined || this.#all !== undefined;
  }

  get #watchesWrites(): boolean {
    return this.#writer !== undefined || this.#all !== undefined;
  }

  #writeEnded(): void {
    this.#lastWrite = (this.#ctx as ChannelHandlerContext).clock.now();
    this.#writer?.rearm();
    this.#all?.rearm();
  }

  #start(ctx: ChannelHandlerContext): void {
    if (this.#life !== "new") return;
    this.#life = "running";
    this.#lastRead = this.#lastWrite = ctx.clock.now();
    this.#startTimer(ctx, this.#reader);
    this.#startTimer(ctx, this.#writer);
    this.#startTimer(ctx, this.#all);
  }

  #startTimer(ctx: ChannelHandlerContext, timer: IdleTimer | undefined): void {
    if (timer === undefined) return;
    timer.timeout = ctx.clock.schedule(timer.periodMs, () => this.#expired(ctx, timer));
  }

  #stop(): void {
    this.#life = "stopped";
    this.#reader?.stop();
    this.#writer?.stop();
    this.#all?.stop();
  }

  #expired(ctx: ChannelHandlerContext, timer: IdleTimer): void {
    if (!ctx.channel.isOpen) return;
    try {
      const remainingMs = this.#remaining(ctx, timer);
      if (remainingMs > 0) {
        timer.timeout?.reschedule(remainingMs);
        return;
      }
      // Before the event, which may stop everything.
      timer.timeout?.reschedule(timer.periodMs);
      const { first } = timer;
      timer.first = false;
      const moved = timer.output?.hasMoved(ctx.channel.engine.queue, this.#lastWrite) ?? false;
      if (first || !moved) this.channelIdle(ctx, IdleStateEvent.of(timer.state, first));
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  /** How much of the period is left; all of it inside a read burst, which is no silence however long it takes. */
  #remaining(ctx: ChannelHandlerContext, timer: IdleTimer): number {
    if (this.#reading && timer !== this.#writer) return timer.periodMs;
    const last =
      timer === this.#reader
        ? this.#lastRead
        : timer === this.#writer
          ? this.#lastWrite
          : Math.max(this.#lastRead, this.#lastWrite);
    // In this order the sum is the very deadline the clock was given. `period - (now - last)` could leave a rest too
    // small to move the time of day, and be asked again for ever.
    return last + timer.periodMs - ctx.clock.now();
  }
}

/** One kind of event: its period, its timeout, and what it remembers. */
class IdleTimer {
  readonly state: IdleState;
  readonly periodMs: number;
  readonly output: OutputWatch | undefined;
  /** Whether there was traffic since the last event. */
  first = true;
  timeout: Timeout | undefined = undefined;

  constructor(state: IdleState, periodMs: number, output: OutputWatch | undefined) {
    this.state = state;
    this.periodMs = periodMs;
    this.output = output;
  }

  /** There was traffic: the next event is a first one, and fires whatever the output has done. */
  rearm(): void {
    this.first = true;
    this.output?.forget();
  }

  stop(): void {
    this.timeout?.cancel();
    this.output?.forget();
  }
}

function newTimer(state: IdleState, periodMs: number, observeOutput: boolean): IdleTimer | undefined {
  if (periodMs === 0) return undefined;
  return new IdleTimer(state, periodMs, observeOutput ? new OutputWatch() : undefined);
}
