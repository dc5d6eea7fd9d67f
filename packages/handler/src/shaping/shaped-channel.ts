/**
 * What traffic shaping remembers of one channel: the writes it holds back, in order, and whether input is wanted.
 *
 * ```
 *   first ▼             flushed ▼
 *   [ to be sent when it is time │ not yet flushed ]
 * ```
 *
 * Everything held is counted by the channel's outbound queue, so it takes part in writability and in the hard cap.
 */
import type { ChannelHandlerContext, Completion } from "@sluice/core";

export interface HeldWrite {
  readonly message: unknown;
  readonly completion: Completion | undefined;
  /** What it takes from the bucket. */
  readonly size: number;
  /** What the outbound queue counts it for. */
  readonly held: number;
  readonly since: number;
}

export class ShapedChannel {
  readonly ctx: ChannelHandlerContext;
  /** What it may still send in this round, before others have their turn. */
  credit = 0;
  /** What the current burst of input has brought so far. */
  burst = 0;
  /** What the last burst brought: the best guess for the next one. */
  lastBurst = 0;
  pausedSince = 0;
  /** Nothing is written any more that could be held. */
  outputEnded = false;
  /** Demand for input waits no more. */
  inputEnded = false;
  #writes: HeldWrite[] = [];
  #first = 0;
  #flushed = 0;
  #heldBytes = 0;

  constructor(ctx: ChannelHandlerContext) {
    this.ctx = ctx;
  }

  get heldWrites(): number {
    return this.#writes.length - this.#first;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The write whose turn it is: the oldest, if it has been flushed. */
  get next(): HeldWrite | undefined {
    return this.#first < this.#flushed ? this.#writes[this.#first] : undefined;
  }

  /** @throws OUTBOUND_BUFFER_FULL */
  hold(message: unknown, completion: Completion | undefined, size: number, since: number): void {
    const held = this.ctx.channel.engine.queue.hold(message);
    this.#writes.push({ message, completion, size, held, since });
    this.#heldBytes += size;
  }

  markFlushed(): void {
    this.#flushed = this.#writes.length;
  }

  /** Passes the oldest write on; writability is to be looked at afterwards. */
  passOn(): HeldWrite {
    const write = this.#writes[this.#first] as HeldWrite;
    this.#first++;
    this.#heldBytes -= write.size;
    if (this.#first === this.#writes.length) {
      this.#writes = [];
      this.#first = this.#flushed = 0;
    } else if (this.#first >= COMPACT_FROM && this.#first * 2 >= this.#writes.length) {
      this.#writes = this.#writes.slice(this.#first);
      this.#flushed = Math.max(0, this.#flushed - this.#first);
      this.#first = 0;
    }
    this.ctx.channel.engine.queue.release(write.held);
    this.ctx.write(write.message, write.completion);
    return write;
  }
}

/** Below this, forgetting what has gone costs more than keeping it. */
const COMPACT_FROM = 64;
