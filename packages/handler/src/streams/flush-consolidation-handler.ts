/**
 * Makes few flushes of many.
 *
 * ```
 *   channelRead … channelRead … channelReadComplete
 *      flush         flush          └──▶ flush                  one for a burst, or for every 256
 * ```
 *
 * The transports do this within a burst by themselves; this handler also does it for handlers nearer the transport that
 * pay for each flush, such as encryption or compression, and on request for flushes outside of bursts.
 */
import { SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, type Completion, PassThroughHandler } from "@sluice/core";

export interface FlushConsolidationHandlerOptions {
  /**
   * Flushes that are held back at most: the one that makes it so many is done at once.
   * @default 256
   */
  readonly explicitFlushAfterFlushes?: number;
  /**
   * Whether flushes outside of a burst wait as well, until the job at hand is over (a microtask).
   * @default false
   */
  readonly consolidateWhenNoReadInProgress?: boolean;
}

/**
 * Holds flushes back while a burst is being read, until its end or until they are many. What is held back is done before
 * everything that depends on it: before an error is passed on, before `close`, `disconnect` and `shutdownOutput`, when the
 * channel becomes unwritable, and when the handler is removed.
 *
 * Put it first, nearest the transport. Costs nothing per message but a flag; no timer runs.
 *
 * @example
 * ```ts
 * pipeline.addLast(new FlushConsolidationHandler({ consolidateWhenNoReadInProgress: true }));
 * ```
 */
export class FlushConsolidationHandler extends PassThroughHandler {
  readonly #limit: number;
  readonly #outsideBursts: boolean;
  #inBurst = false;
  #heldBack = 0;
  #flushComes = false;

  /** @throws SluiceError `INVALID_ARGUMENT` for a number of flushes that is no positive integer */
  constructor(options: FlushConsolidationHandlerOptions = {}) {
    super();
    const { explicitFlushAfterFlushes = 256, consolidateWhenNoReadInProgress = false } = options;
    if (!(Number.isSafeInteger(explicitFlushAfterFlushes) && explicitFlushAfterFlushes > 0)) {
      const detail = `explicitFlushAfterFlushes must be a positive integer, not ${explicitFlushAfterFlushes}`;
      throw new SluiceError("INVALID_ARGUMENT", detail);
    }
    this.#limit = explicitFlushAfterFlushes;
    this.#outsideBursts = consolidateWhenNoReadInProgress;
  }

  override flush(ctx: ChannelHandlerContext): void {
    this.#heldBack++;
    const waits = this.#inBurst || this.#outsideBursts;
    if (!waits || this.#heldBack >= this.#limit) this.#flushNow(ctx);
    else if (!this.#inBurst) this.#flushSoon(ctx);
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#inBurst = true;
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    this.#endBurst(ctx);
    ctx.fireChannelReadComplete();
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    this.#endBurst(ctx);
    ctx.fireExceptionCaught(error);
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    if (!ctx.channel.isWritable) this.#flushHeldBack(ctx);
    ctx.fireChannelWritabilityChanged();
  }

  override disconnect(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#endBurst(ctx);
    ctx.disconnect(completion);
  }

  override shutdownOutput(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#endBurst(ctx);
    ctx.shutdownOutput(completion);
  }

  override close(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#endBurst(ctx);
    ctx.close(completion);
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    this.#flushHeldBack(ctx);
  }

  #endBurst(ctx: ChannelHandlerContext): void {
    this.#inBurst = false;
    this.#flushHeldBack(ctx);
  }

  #flushSoon(ctx: ChannelHandlerContext): void {
    if (this.#flushComes) return;
    this.#flushComes = true;
    ctx.channel.defer(() => {
      this.#flushComes = false;
      // A burst that has begun meanwhile will flush at its end.
      if (!this.#inBurst) this.#flushHeldBack(ctx);
    });
  }

  #flushHeldBack(ctx: ChannelHandlerContext): void {
    if (this.#heldBack > 0) this.#flushNow(ctx);
  }

  #flushNow(ctx: ChannelHandlerContext): void {
    this.#heldBack = 0;
    ctx.flush();
  }
}
