/**
 * One reader of a broadcast: a handler in its channel's pipeline.
 *
 * ```
 *              writable, nothing kept: written at once
 *   keeping up ◀────────────────────────────────────── behind ──── overflow, or waited too long ──▶ left, SLOW_READER
 *        │           writable again, all sent: caughtUp   ▲
 *        └────────────── unwritable: kept from here on ───┘
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { ByteBuf, type ChannelHandlerContext, PassThroughHandler, type Timeout } from "@sluice/core";
import { HeldMessages } from "../shaping/held-messages.js";
import { SlowReaderEvent } from "./slow-reader-event.js";
import type { SlowReaderPolicy } from "./slow-reader-policy.js";

/** What a reader tells the broadcast it belongs to. */
export interface BroadcastHub<M, W> {
  joined(reader: BroadcastReader<M, W>): void;
  left(reader: BroadcastReader<M, W>): void;
  fellBehind(reader: BroadcastReader<M, W>): void;
  caughtUp(reader: BroadcastReader<M, W>): void;
}

/** How one reader is treated. */
export interface BroadcastReaderOptions<M> {
  /** What happens when as much is kept for it as may be. @default "close" */
  readonly whenSlow?: SlowReaderPolicy<M>;
  /** Bytes kept for it while it is not writable, 96 more for each message. One message is always kept. @default 256 KiB */
  readonly maxHeldBytes?: number;
  /** Milliseconds a reader with the policy `"wait"` may be behind before it is disconnected. @default 30 000 */
  readonly maxWaitMs?: number;
}

/** Not exported by the package: `Broadcast.handler` makes it. */
export class BroadcastReader<M, W> extends PassThroughHandler {
  declare readonly "~writes": () => W;
  readonly isWaitedFor: boolean;
  readonly #hub: BroadcastHub<M, W>;
  readonly #held: HeldMessages<M, W>;
  readonly #maxHeldBytes: number;
  readonly #maxWaitMs: number;
  #ctx: ChannelHandlerContext | undefined;
  #timeout: Timeout | undefined;
  #isBehind = false;
  #isSending = false;
  #flushWaits = false;
  #missedBefore = 0;
  #written = 0;

  constructor(hub: BroadcastHub<M, W>, options: Required<BroadcastReaderOptions<M>>) {
    super();
    this.#hub = hub;
    this.#held = new HeldMessages(options.whenSlow, options.maxHeldBytes);
    this.#maxHeldBytes = options.maxHeldBytes;
    this.#maxWaitMs = options.maxWaitMs;
    this.isWaitedFor = options.whenSlow === "wait";
  }

  // ── for the broadcast ──────────────────────────────────────────────────────────────────────────────────────

  get written(): number {
    return this.#written;
  }

  get dropped(): number {
    return this.#held.dropped;
  }

  get coalesced(): number {
    return this.#held.coalesced;
  }

  get heldMessages(): number {
    return this.#held.length;
  }

  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** Writes `wire` if the channel is writable, keeps it or not otherwise. Nothing is flushed. */
  offer(message: M, wire: W): void {
    const ctx = this.#ctx;
    if (ctx === undefined) return;
    if (!this.#isBehind && ctx.channel.isWritable) {
      this.#flushWaits = true;
      return this.#write(ctx, wire);
    }
    const fate = this.#held.offer(message, wire, sizeOf(wire));
    if (fate === "overflow") {
      const { bytes: length } = this.#held;
      return this.#giveUp(ctx, `${length} bytes are kept for it already`, { length, limit: this.#maxHeldBytes });
    }
    if (!this.#isBehind) this.#fallBehind(ctx);
  }

  /** Flushes what was written, if anything was. */
  send(): void {
    if (!this.#flushWaits) return;
    this.#flushWaits = false;
    this.#ctx?.flush();
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

  override handlerAdded(ctx: ChannelHandlerContext): void {
    if (ctx.channel.isActive) this.#join(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#leave();
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#join(ctx);
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#leave();
    ctx.fireChannelInactive();
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    if (this.#isBehind) this.#catchUp(ctx);
    ctx.fireChannelWritabilityChanged();
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #join(ctx: ChannelHandlerContext): void {
    if (this.#ctx !== undefined) return;
    this.#ctx = ctx;
    this.#hub.joined(this);
  }

  #leave(): void {
    this.#timeout?.cancel();
    this.#held.clear();
    this.#ctx = undefined;
    this.#hub.left(this);
  }

  /** The bytes are shared by all readers; each gets a buffer of its own over them. */
  #write(ctx: ChannelHandlerContext, wire: W): void {
    this.#written++;
    ctx.write(wire instanceof ByteBuf ? wire.duplicate() : wire);
  }

  #fallBehind(ctx: ChannelHandlerContext): void {
    this.#isBehind = true;
    this.#missedBefore = this.#missed;
    if (this.isWaitedFor) {
      const maxWaitMs = this.#maxWaitMs;
      const giveUp = () => this.#giveUp(ctx, `it was waited for ${maxWaitMs} ms`, { limit: maxWaitMs });
      this.#timeout ??= ctx.clock.schedule(maxWaitMs, giveUp);
      if (!this.#timeout.isPending) this.#timeout.reschedule(maxWaitMs);
    }
    this.#hub.fellBehind(this);
    ctx.fireUserEventTriggered(new SlowReaderEvent("behind", 0));
  }

  #catchUp(ctx: ChannelHandlerContext): void {
    // Flushing may make it unwritable and writable again.
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#held.length > 0 && ctx.channel.isWritable) {
      while (this.#held.length > 0 && ctx.channel.isWritable) this.#write(ctx, this.#held.take() as W);
      ctx.flush();
    }
    this.#isSending = false;
    if (this.#held.length > 0 || !ctx.channel.isWritable) return;
    this.#isBehind = false;
    this.#timeout?.cancel();
    this.#hub.caughtUp(this);
    ctx.fireUserEventTriggered(new SlowReaderEvent("caughtUp", this.#missed - this.#missedBefore));
  }

  get #missed(): number {
    return this.#held.dropped + this.#held.coalesced;
  }

  #giveUp(ctx: ChannelHandlerContext, why: string, fields: { readonly length?: number; readonly limit: number }): void {
    this.#leave();
    const error = new SluiceError("SLOW_READER", `the reader does not keep up: ${why}`, fields);
    // Before the error, which closes the channel when nobody handles it: the peer takes nothing more.
    ctx.channel.engine.note.failPendingOnClose = true;
    ctx.fireExceptionCaught(error);
    ctx.close();
  }
}

function sizeOf(wire: unknown): number {
  const content = wire instanceof ByteBuf ? wire.readableBytes : typeof wire === "string" ? wire.length : 0;
  return content + OVERHEAD;
}

/** What the outbound queue counts for a message beside its bytes. */
const OVERHEAD = 96;
