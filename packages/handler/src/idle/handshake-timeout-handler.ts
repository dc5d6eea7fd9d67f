/**
 * Closes a channel whose handshake is not done in time.
 *
 * ```
 *   active ────────────── timeoutMs ──────────────▶ HANDSHAKE_TIMEOUT, close
 *      └── greeting ── login ── done ▶ gone from the pipeline
 * ```
 *
 * A time limit on silence does not do this: who sends a byte every few seconds is never silent, and never logs in.
 */
import { SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, PassThroughHandler, type Timeout } from "@sluice/core";
import { effectiveTimeout } from "./effective-timeout.js";

export interface HandshakeTimeoutHandlerOptions {
  /**
   * Milliseconds from when the channel becomes active, or from when the handler is added to one that is; 0 or less: no
   * limit, less than 1 counts as 1.
   * @default 10_000
   */
  readonly timeoutMs?: number;
  /** Asked of each user event that passes; `true` means that the handshake is done. @default none does */
  readonly until?: (event: unknown) => boolean;
}

/**
 * Gives a handshake a deadline: a greeting, a login, an upgrade, whatever a peer has to do before it may stay.
 *
 * It is over when `until` says so of a user event, or when somebody calls {@link HandshakeTimeoutHandler.done}: then the
 * handler leaves the pipeline, and the event goes on. To see the event, put it behind the handler that fires it. At the
 * deadline, once, HANDSHAKE_TIMEOUT (`limit`: the milliseconds) goes to `exceptionCaught` and the channel is closed. A
 * handler behind may still say why: what the system takes at once is sent, the rest fails with CHANNEL_CLOSED.
 *
 * Costs one timeout until it is done. Messages step over it.
 *
 * @example
 * ```ts
 * const handshake = new HandshakeTimeoutHandler({ timeoutMs: 5_000 });
 * pipeline.addLast(handshake).addLast({
 *   channelRead(ctx, line: string) {
 *     if (line === "secret") handshake.done();
 *     else ctx.close();
 *   },
 * });
 * ```
 */
export class HandshakeTimeoutHandler extends PassThroughHandler {
  /** The time in use; 0 for none. */
  readonly timeoutMs: number;
  readonly #until: ((event: unknown) => boolean) | undefined;
  #ctx: ChannelHandlerContext | undefined;
  #timeout: Timeout | undefined;
  #isDone = false;

  /** @throws SluiceError `INVALID_ARGUMENT` if the time is `NaN` or infinite */
  constructor(options: HandshakeTimeoutHandlerOptions = {}) {
    super();
    this.timeoutMs = effectiveTimeout("timeoutMs", options.timeoutMs ?? 10_000);
    this.#until = options.until;
  }

  /** Whether the handshake was done in time, so far as this handler was told. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * The handshake is done. May be called at any time, from anywhere, and again; before the handler is added it will
   * not stay. After the deadline it changes nothing.
   */
  done(): void {
    if (this.#isDone) return;
    const ctx = this.#ctx;
    if (this.#timeout !== undefined && !this.#timeout.isPending) return;
    this.#isDone = true;
    this.#timeout?.cancel();
    if (ctx !== undefined && !ctx.isRemoved) ctx.pipeline.remove(this);
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#ctx = ctx;
    if (this.#isDone) ctx.pipeline.remove(this);
    else if (ctx.channel.isActive) this.#start(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#timeout?.cancel();
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#start(ctx);
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#timeout?.cancel();
    ctx.fireChannelInactive();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (this.#until?.(event) === true) this.done();
    ctx.fireUserEventTriggered(event);
  }

  #start(ctx: ChannelHandlerContext): void {
    if (this.timeoutMs === 0 || this.#timeout !== undefined) return;
    this.#timeout = ctx.clock.schedule(this.timeoutMs, () => this.#expired(ctx));
  }

  #expired(ctx: ChannelHandlerContext): void {
    if (!ctx.channel.isOpen) return;
    const limit = this.timeoutMs;
    // Before the error, which closes the channel when nobody handles it: who has not logged in is not waited for.
    ctx.channel.engine.note.failPendingOnClose = true;
    ctx.fireExceptionCaught(new SluiceError("HANDSHAKE_TIMEOUT", `no handshake within ${limit} ms`, { limit }));
    ctx.close();
  }
}
