/**
 * What the two traffic shaping handlers have in common: how events and operations reach the shaper.
 *
 * - **Writes** beyond the limit wait here, in order, and are sent when it is their time. They count as queued in the
 *   channel: `isWritable` and the water marks see them, and beyond `MAX_OUTBOUND_BYTES` a write fails with
 *   OUTBOUND_BUFFER_FULL. Only what has been flushed is sent.
 * - **Reads** are limited by making `read` wait; nobody's `autoRead` changes. A burst that has arrived is passed on whole.
 * - **The end**: `close`, `shutdownOutput` and removal of the handler pass on what waits at once, in order, and what closing
 *   makes of it is up to the channel: flushed writes are sent first, others fail. Every write ends.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, type Completion, PassThroughHandler } from "@sluice/core";
import { ShapedChannel } from "./shaped-channel.js";
import { type RateLimit, TokenBucket } from "./token-bucket.js";
import type { TrafficSnapshot } from "./traffic-counters.js";
import { TrafficShaper } from "./traffic-shaper.js";

export interface TrafficShapingOptions {
  /** What may be read. @default no limit */
  readonly read?: RateLimit;
  /** What may be written. @default no limit */
  readonly write?: RateLimit;
  /**
   * What a message counts for, from 0 and finite: a write of anything else fails with INVALID_ARGUMENT, a message that
   * arrives is dropped with it. Behind a codec, `() => 1` makes messages of what is otherwise bytes.
   * @default the readable bytes of a `ByteBuf`, 0 for everything else
   */
  readonly sizeOf?: (message: unknown) => number;
  /** Milliseconds in which throughput is counted. @default 1000 */
  readonly intervalMs?: number;
}

/** Not exported by the package: `ChannelTrafficShapingHandler` and `GlobalTrafficShapingHandler` are. */
export abstract class TrafficShapingHandler extends PassThroughHandler {
  readonly #shaper: TrafficShaper;
  readonly #sizeOf: (message: unknown) => number;
  readonly #channels = new Map<ChannelHandlerContext, ShapedChannel>();
  /** The one that was asked for last; with one channel, always that. */
  #last: ShapedChannel | undefined;

  constructor({ read, write, sizeOf = readableBytes, intervalMs = 1000 }: TrafficShapingOptions = {}) {
    super();
    if (!(intervalMs >= 1 && intervalMs < Number.POSITIVE_INFINITY)) {
      throw new SluiceError("INVALID_ARGUMENT", `intervalMs must be a finite number from 1, not ${intervalMs}`);
    }
    this.#sizeOf = sizeOf;
    this.#shaper = new TrafficShaper(read && new TokenBucket(read), write && new TokenBucket(write), intervalMs);
  }

  /** What has passed, and what waits. */
  get traffic(): TrafficSnapshot {
    return this.#shaper.snapshot();
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#channels.set(ctx, new ShapedChannel(ctx));
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    const channel = this.#channel(ctx);
    this.#shaper.endOutput(channel);
    this.#shaper.endInput(channel);
    this.#channels.delete(ctx);
    this.#last = undefined;
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    // Now, not at the removal: failures nobody awaits still find handlers.
    this.#shaper.endOutput(this.#channel(ctx));
    ctx.fireChannelInactive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#channel(ctx).burst += this.#checkedSizeOf(message);
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    this.#shaper.received(this.#channel(ctx));
    ctx.fireChannelReadComplete();
  }

  override read(ctx: ChannelHandlerContext): void {
    this.#shaper.demand(this.#channel(ctx));
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    this.#shaper.write(this.#channel(ctx), message, completion, this.#checkedSizeOf(message));
  }

  override flush(ctx: ChannelHandlerContext): void {
    this.#shaper.flush(this.#channel(ctx));
  }

  override shutdownOutput(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#shaper.endOutput(this.#channel(ctx));
    ctx.shutdownOutput(completion);
  }

  override close(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#shaper.endOutput(this.#channel(ctx));
    ctx.close(completion);
  }

  /** A bucket that has taken NaN has no level any more, and nobody would ever have his turn. */
  #checkedSizeOf(message: unknown): number {
    const size = this.#sizeOf(message);
    if (size >= 0 && size < Number.POSITIVE_INFINITY) return size;
    throw new SluiceError("INVALID_ARGUMENT", `the size of a message cannot be ${size}`);
  }

  #channel(ctx: ChannelHandlerContext): ShapedChannel {
    if (this.#last?.ctx !== ctx) this.#last = this.#channels.get(ctx) as ShapedChannel;
    return this.#last;
  }
}

function readableBytes(message: unknown): number {
  return message instanceof ByteBuf ? message.readableBytes : 0;
}
