/**
 * Closes the silent connections of a server, all in one regular sweep: Swoole's scheme.
 *
 * ```
 *   sweep            │◀──── checkIntervalMs ────▶│                           │
 *   connection A     ▮      ▮                ▮         ▮             ▮             lives
 *   connection B     ▮   ▮◀──────────── silent for idleTimeMs ────────────▶   ✝    at the first sweep after that
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { asError, type ChannelHandlerContext, PassThroughHandler, type Timeout } from "@sluice/core";
import { HeartbeatEvent } from "./heartbeat-event.js";

/** Milliseconds. */
export interface SilenceSweepOptions {
  /** From sweep to sweep. @default 60_000 */
  readonly checkIntervalMs?: number;
  /** How long a connection may be silent. @default twice checkIntervalMs */
  readonly idleTimeMs?: number;
}

/**
 * One sweep for all channels that got a {@link SilenceSweep.handler} of it. Their clients have to send something, a
 * heartbeat or not, at least once in `idleTimeMs`; a silent one is closed `checkIntervalMs` later at the latest.
 *
 * A silent channel's handlers see `HeartbeatEvent` dead and HEARTBEAT_TIMEOUT (`limit`: `idleTimeMs`); what is queued
 * there is not sent, but fails with CHANNEL_CLOSED, and the connection is cut.
 *
 * Against a `HeartbeatHandler` per channel it saves the timeouts and the pings, and tells less: no round trip, no
 * single misses, and the client does not learn that its server is gone. One timeout in all, on the clock of the
 * channel that comes first, and none without channels; one look at the clock per read burst; a sweep looks at every
 * channel in one go.
 *
 * @example
 * ```ts
 * const sweep = new SilenceSweep({ checkIntervalMs: 30_000, idleTimeMs: 60_000 });
 * new ServerBootstrap().childHandler((p) => p.addLast(sweep.handler()));
 * ```
 */
export class SilenceSweep {
  readonly #checkIntervalMs: number;
  readonly #idleTimeMs: number;
  readonly #watched = new Set<SweptHandler>();
  #timeout: Timeout | undefined;

  /** @throws SluiceError `INVALID_ARGUMENT` if a time is less than 1, `NaN` or infinite */
  constructor(options: SilenceSweepOptions = {}) {
    const { checkIntervalMs = 60_000, idleTimeMs = 2 * checkIntervalMs } = options;
    for (const [name, valueMs] of Object.entries({ checkIntervalMs, idleTimeMs })) {
      if (valueMs >= 1 && valueMs < Number.POSITIVE_INFINITY) continue;
      const detail = `${name} must be a finite number of milliseconds from 1, not ${valueMs}`;
      throw new SluiceError("INVALID_ARGUMENT", detail);
    }
    this.#checkIntervalMs = checkIntervalMs;
    this.#idleTimeMs = idleTimeMs;
  }

  /** How many channels are being watched: those that are active. */
  get watched(): number {
    return this.#watched.size;
  }

  /** A handler for one channel. It changes nothing and fits anywhere. */
  handler(): PassThroughHandler {
    return new SweptHandler(
      (handler, ctx) => this.#add(handler, ctx),
      (handler) => this.#delete(handler),
    );
  }

  #add(handler: SweptHandler, ctx: ChannelHandlerContext): void {
    const { clock } = ctx;
    if (this.#watched.size === 0) {
      this.#timeout?.cancel();
      this.#timeout = clock.schedule(this.#checkIntervalMs, () => this.#sweep());
    }
    this.#watched.add(handler);
  }

  #delete(handler: SweptHandler): void {
    if (this.#watched.delete(handler) && this.#watched.size === 0) this.#timeout?.cancel();
  }

  #sweep(): void {
    this.#timeout?.reschedule(this.#checkIntervalMs);
    // Those that leave during the sweep are not visited any more; that is how a Set iterates.
    for (const handler of this.#watched) handler.closeIfSilent(this.#idleTimeMs);
  }
}

class SweptHandler extends PassThroughHandler {
  readonly #onStart: (handler: SweptHandler, ctx: ChannelHandlerContext) => void;
  readonly #onStop: (handler: SweptHandler) => void;
  #ctx: ChannelHandlerContext | undefined;
  #lastHeard = 0;
  #heard = false;

  constructor(
    onStart: (handler: SweptHandler, ctx: ChannelHandlerContext) => void,
    onStop: (handler: SweptHandler) => void,
  ) {
    super();
    this.#onStart = onStart;
    this.#onStop = onStop;
  }

  closeIfSilent(idleTimeMs: number): void {
    const ctx = this.#ctx as ChannelHandlerContext;
    const now = ctx.clock.now();
    // A burst that has not ended is no silence.
    if (this.#heard || now - this.#lastHeard < idleTimeMs) return;
    // Whatever happens on this channel, the sweep has others to look at, and this one is done with.
    this.#onStop(this);
    try {
      ctx.fireUserEventTriggered(HeartbeatEvent.dead(1));
      if (!ctx.channel.isOpen) return;
      const detail = `no sign of life from the peer for ${idleTimeMs} ms`;
      // Before the error, which closes the channel when nobody handles it.
      ctx.channel.engine.note.peerIsGone = true;
      ctx.fireExceptionCaught(new SluiceError("HEARTBEAT_TIMEOUT", detail, { limit: idleTimeMs }));
      ctx.close();
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    if (ctx.channel.isActive) this.#start(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#onStop(this);
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#start(ctx);
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#onStop(this);
    ctx.fireChannelInactive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#heard = true;
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    if (this.#heard) {
      this.#heard = false;
      this.#lastHeard = ctx.clock.now();
    }
    ctx.fireChannelReadComplete();
  }

  #start(ctx: ChannelHandlerContext): void {
    if (this.#ctx !== undefined) return;
    this.#ctx = ctx;
    this.#lastHeard = ctx.clock.now();
    this.#onStart(this, ctx);
  }
}
