/**
 * Closes a channel on which a write does not complete in time, for example because the peer has stopped reading.
 *
 * The time of a write starts when it passes here, not when it is flushed. On the first one that takes too long,
 * `WRITE_TIMEOUT` goes to `exceptionCaught` and the channel is closed; the write itself, like all that are queued,
 * fails with CHANNEL_CLOSED. Nothing more is sent: waiting for the peer is what has just failed.
 *
 * @example
 * ```ts
 * pipeline.addLast(new WriteTimeoutHandler(10_000));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { asError, type ChannelHandlerContext, type Completion, PassThroughHandler, type Timeout } from "@sluice/core";
import { effectiveTimeout } from "./effective-timeout.js";
import { PendingWrites } from "./pending-writes.js";
import { skipEvents } from "./skip-events.js";

/** Costs a small object per write, and one timeout for all of them: the oldest write is always the next to be late. */
export class WriteTimeoutHandler extends PassThroughHandler {
  /** The time in use; 0 for none. */
  readonly timeoutMs: number;
  readonly #writes = new PendingWrites();
  #timeout: Timeout | undefined;
  #timedOut = false;

  /**
   * @param timeoutMs Milliseconds a write may take; 0 or less: no timeout, less than 1 counts as 1.
   * @throws SluiceError `INVALID_ARGUMENT` if it is `NaN` or infinite
   */
  constructor(timeoutMs: number) {
    super();
    this.timeoutMs = effectiveTimeout("timeoutMs", timeoutMs);
    if (this.timeoutMs === 0) skipEvents(this, WriteTimeoutHandler.prototype, ["write"]);
  }

  /** What happens for each write that is late: by default, the first time, `WRITE_TIMEOUT` and `close`. */
  protected writeTimedOut(ctx: ChannelHandlerContext): void {
    if (this.#timedOut) return;
    this.#timedOut = true;
    const limit = this.timeoutMs;
    // Before the error, which closes the channel when nobody handles it.
    ctx.channel.engine.note.failPendingOnClose = true;
    ctx.fireExceptionCaught(new SluiceError("WRITE_TIMEOUT", `a write did not complete within ${limit} ms`, { limit }));
    ctx.close();
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    if (this.timeoutMs === 0) {
      ctx.write(message, completion);
      return;
    }
    // Armed first: a write that cannot be timed fails here, where its completion still is its own.
    if (this.#timeout === undefined) {
      this.#timeout = ctx.clock.schedule(this.timeoutMs, () => this.#expired(ctx));
    } else if (!this.#timeout.isPending) this.#timeout.reschedule(this.timeoutMs);
    ctx.write(message, this.#writes.add(ctx.clock.now(), ctx.channel, completion));
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#timeout?.cancel();
    this.#writes.clear();
  }

  /** The timeout may have been armed for a write that has long completed: it moves on to the oldest one left. */
  #expired(ctx: ChannelHandlerContext): void {
    let write = this.#writes.oldest;
    while (write !== undefined && write.startedAt + this.timeoutMs <= ctx.clock.now()) {
      this.#writes.remove(write);
      try {
        this.writeTimedOut(ctx);
      } catch (thrown) {
        ctx.fireExceptionCaught(asError(thrown));
      }
      write = this.#writes.oldest;
    }
    if (write === undefined) return;
    try {
      this.#timeout?.reschedule(write.startedAt + this.timeoutMs - ctx.clock.now());
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }
}
