/**
 * Closes a channel from which nothing has been read for a while.
 *
 * An {@link IdleStateHandler} for reads that acts by itself: `READ_TIMEOUT` goes to `exceptionCaught`, once, and the
 * channel is closed. What has been flushed is still sent, within the channel's close deadline.
 *
 * @example
 * ```ts
 * pipeline.addLast(new ReadTimeoutHandler(30_000));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import type { IdleStateEvent } from "./idle-state-event.js";
import { IdleStateHandler } from "./idle-state-handler.js";

export class ReadTimeoutHandler extends IdleStateHandler {
  #timedOut = false;

  /**
   * @param timeoutMs Milliseconds from the end of a read burst to the next read; 0 or less: no timeout.
   * @throws SluiceError `INVALID_ARGUMENT` if it is `NaN` or infinite
   */
  constructor(timeoutMs: number) {
    super({ readerIdleMs: timeoutMs });
  }

  protected override channelIdle(ctx: ChannelHandlerContext, _event: IdleStateEvent): void {
    this.readTimedOut(ctx);
  }

  /** What happens on a timeout, each time: by default, the first time, `READ_TIMEOUT` and `close`. */
  protected readTimedOut(ctx: ChannelHandlerContext): void {
    if (this.#timedOut) return;
    this.#timedOut = true;
    const limit = this.readerIdleMs;
    ctx.fireExceptionCaught(new SluiceError("READ_TIMEOUT", `nothing was read for ${limit} ms`, { limit }));
    ctx.close();
  }
}
