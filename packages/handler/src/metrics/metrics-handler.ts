/**
 * Counts what passes its place in a pipeline.
 *
 * ```
 *   network ══ [ MetricsHandler ══ framing ══ codec ══ MetricsHandler ══ application ]
 *                bytes and reads ▲                      messages ▲
 * ```
 *
 * Nearest the network it counts bytes, behind a codec messages; one of each, with totals of their own, counts both.
 * Round trips and errors it sees of the handlers between the network and itself.
 */
import { ByteBuf } from "@sluice/buffer";
import { type ChannelHandlerContext, type Completion, DatagramPacket, PassThroughHandler } from "@sluice/core";
import { HeartbeatEvent } from "../heartbeat/heartbeat-event.js";
import { ChannelMetrics } from "./channel-metrics.js";
import { addMetrics } from "./metrics-of.js";
import type { MetricsTotals } from "./metrics-totals.js";

export interface MetricsHandlerOptions {
  /** Where the channel's counts are added up. @default nowhere */
  readonly totals?: MetricsTotals;
}

/**
 * Costs a message some nanoseconds beside the hop (benchmarks, `observers`): two additions to plain fields, no object. What
 * has been written counts at once; what of it has not left is in `pendingBytes`.
 *
 * @example
 * ```ts
 * pipeline.addLast(new MetricsHandler({ totals })).addLast(framing);
 * channel.pipeline.get(MetricsHandler)?.metrics?.bytesRead;
 * ```
 */
export class MetricsHandler extends PassThroughHandler {
  readonly #totals: MetricsTotals | undefined;
  #metrics: ChannelMetrics = NOBODY;
  #isOpen = false;

  constructor({ totals }: MetricsHandlerOptions = {}) {
    super();
    this.#totals = totals;
  }

  /** The channel's counts so far; undefined before the handler has been added. They stay when it has left. */
  get metrics(): ChannelMetrics | undefined {
    return this.#metrics === NOBODY ? undefined : this.#metrics;
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#metrics = new ChannelMetrics(ctx.channel);
    addMetrics(ctx.channel, this.#metrics);
    if (ctx.channel.isActive) this.#opened();
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#totals?.closed(this.#metrics);
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#opened();
    ctx.fireChannelActive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    const metrics = this.#metrics;
    metrics.messagesRead++;
    if (message instanceof ByteBuf) metrics.bytesRead += message.readableBytes;
    else if (message instanceof DatagramPacket) metrics.bytesRead += contentBytes(message);
    ctx.fireChannelRead(message);
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    const metrics = this.#metrics;
    metrics.messagesWritten++;
    if (message instanceof ByteBuf) metrics.bytesWritten += message.readableBytes;
    else if (message instanceof DatagramPacket) metrics.bytesWritten += contentBytes(message);
    ctx.write(message, completion);
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    this.#metrics.writabilityChanges++;
    ctx.fireChannelWritabilityChanged();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event instanceof HeartbeatEvent && event.roundTripTime !== undefined) {
      this.#metrics.roundTripTime = event.roundTripTime;
    }
    ctx.fireUserEventTriggered(event);
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    this.#metrics.errors++;
    ctx.fireExceptionCaught(error);
  }

  #opened(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#totals?.opened(this.#metrics);
  }
}

function contentBytes({ content }: DatagramPacket<unknown>): number {
  return content instanceof ByteBuf ? content.readableBytes : 0;
}

/** Of a handler that is nowhere yet, so that the hot path need not ask. */
const NOBODY = Object.freeze(Object.create(ChannelMetrics.prototype)) as ChannelMetrics;
