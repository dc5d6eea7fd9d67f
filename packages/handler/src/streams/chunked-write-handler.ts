/**
 * Sends streams among messages, chunk by chunk and no faster than the peer takes them.
 *
 * ```
 *   write ──▶ [ message │ stream │ message │ stream ]        empty, as long as only messages are written
 *                          │
 *                          └ chunk … chunk ──▶ while the channel is writable
 * ```
 *
 * What is written behind a stream waits here until all of the stream has been written, so the order is kept.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion, FifoQueue, settle } from "@sluice/core";
import { ChunkedInput } from "./chunked-input.js";
import { Transfer, type TransferOwner } from "./transfer.js";

export interface ChunkedWriteHandlerOptions {
  /**
   * Bytes that are written at a time: longer chunks are cut.
   * @default 64 KiB
   */
  readonly maxChunkBytes?: number;
  /**
   * Bytes that may wait behind a stream, each message counted with 96 more. One more fails with OUTBOUND_BUFFER_FULL.
   * @default 16 MiB
   */
  readonly maxPendingBytes?: number;
  /**
   * What becomes of the channel when a stream breaks off after a part of it has been written. The peer takes what
   * follows for the rest of the stream, unless the protocol marks its parts.
   * @default "close"
   */
  readonly onInterruption?: "close" | "continue";
}

/**
 * Takes {@link ChunkedInput}s beside messages, and writes their chunks. A source is asked for the next chunk only while the
 * channel is writable, so beside what others write no more is queued than the high-water mark and one piece.
 *
 * A stream begins when it is flushed and nothing is before it; its write succeeds when all of it has been handed to the
 * system. It fails with STREAM_INTERRUPTED when the source fails or the handler is removed, with ABORTED through its signal,
 * and with what its chunks fail with; its source is closed then. If nothing of it has been written the channel goes on, so a
 * file that cannot be opened can be answered with an error; otherwise the channel closes.
 *
 * `close` and `shutdownOutput` wait until what is flushed has been sent, streams too, `close` for as long as
 * CLOSE_TIMEOUT_MILLIS says. What is not flushed fails at once.
 *
 * Put it where bytes are written, before encoders of messages; or with another `T` anywhere, to send sequences of
 * messages. Costs a look at each message; a stream costs a promise per chunk.
 *
 * @example
 * ```ts
 * pipeline.addLast(new ChunkedWriteHandler());
 * await channel.writeAndFlush(new ChunkedInput(() => createReadStream("large.bin")));
 * ```
 */
export class ChunkedWriteHandler<T = ByteBuf> extends ChannelOutboundHandler<T | ChunkedInput<T>, T> {
  readonly #maxChunkBytes: number;
  readonly #maxPendingBytes: number;
  readonly #closesWhenInterrupted: boolean;
  #ctx: ChannelHandlerContext | undefined = undefined;
  readonly #queue = new FifoQueue<Pending>();
  #flushed = 0;
  #pendingBytes = 0;
  #running = false;
  #discarding = false;
  /** Set when the end waits for what is flushed: why nothing more can be written, and what follows then. */
  #refusal: (() => SluiceError) | undefined = undefined;
  #whenSent: (() => void)[] = [];
  readonly #owner: TransferOwner = {
    transferWritten: (transfer) => this.#transferWritten(transfer),
    transferBroken: (transfer, error) => this.#transferBroken(transfer, error),
  };

  /** @throws SluiceError `INVALID_ARGUMENT` for a limit that is no positive integer, or a choice that is none */
  constructor(options: ChunkedWriteHandlerOptions = {}) {
    super();
    const { maxChunkBytes = 64 * 1024, maxPendingBytes = 16 * 1024 * 1024, onInterruption = "close" } = options;
    this.#maxChunkBytes = positive("maxChunkBytes", maxChunkBytes);
    this.#maxPendingBytes = positive("maxPendingBytes", maxPendingBytes);
    if (onInterruption !== "close" && onInterruption !== "continue") {
      throw new SluiceError("INVALID_ARGUMENT", `onInterruption cannot be ${String(onInterruption)}`);
    }
    this.#closesWhenInterrupted = onInterruption === "close";
  }

  /** Messages and streams that wait, the stream that is being written among them. */
  get pending(): number {
    return this.#queue.length;
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#ctx = ctx;
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    const { channel } = ctx;
    // No stream begins any more.
    this.#running = true;
    for (const { message, completion, transfer } of this.#queue.takeFrom(0)) {
      if (transfer === undefined) ctx.write(message, completion);
      else if (!channel.isOpen) transfer.fail(channel.engine.closedError());
      else transfer.fail(new SluiceError("STREAM_INTERRUPTED", "the ChunkedWriteHandler was removed"));
    }
    if (this.#flushed > 0) ctx.flush();
    this.#flushed = this.#pendingBytes = 0;
    this.#allSent();
  }

  override write(
    ctx: ChannelHandlerContext<unknown, T>,
    message: T | ChunkedInput<T>,
    completion: Completion | undefined,
  ): void {
    const isStream = message instanceof ChunkedInput;
    if (this.#queue.length === 0 && !isStream && this.#refusal === undefined) return ctx.write(message, completion);
    const size = OVERHEAD + (message instanceof ByteBuf ? message.readableBytes : 0);
    const transfer = isStream
      ? new Transfer(ctx, this.#owner, message as ChunkedInput<unknown>, completion, this.#maxChunkBytes)
      : undefined;
    if (transfer?.isOver) return;
    const error = this.#refused(ctx, size);
    if (error !== undefined) {
      if (transfer === undefined) throw error;
      return transfer.fail(error);
    }
    this.#queue.push({ message, completion, transfer, size });
    this.#pendingBytes += size;
  }

  override flush(ctx: ChannelHandlerContext): void {
    this.#flushed = this.#queue.length;
    ctx.flush();
    const { channel } = ctx;
    if (this.#flushed > 0 && !channel.isActive) {
      const error = channel.isOpen ? () => new SluiceError("CHANNEL_NOT_ACTIVE") : () => channel.engine.closedError();
      this.#discard(0, error);
    } else this.#run(ctx);
  }

  override shutdownOutput(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    const refusal = () => new SluiceError("OUTPUT_SHUTDOWN");
    this.#discard(this.#flushed, refusal);
    if (this.#queue.length === 0) return ctx.shutdownOutput(completion);
    this.#refusal ??= refusal;
    this.#whenSent.push(() => ctx.shutdownOutput(completion));
  }

  override close(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    const { engine } = ctx.channel;
    const isClosed = () => engine.closedError();
    this.#discard(engine.ending.failPendingOnClose || !ctx.channel.isActive ? 0 : this.#flushed, isClosed);
    if (this.#queue.length === 0) return ctx.close(completion);
    this.#refusal = isClosed;
    const deadline = ctx.clock.schedule(engine.settings.closeTimeoutMs, () => this.#closeTimedOut(ctx));
    this.#whenSent.push(() => {
      deadline.cancel();
      ctx.close(completion);
    });
  }

  /** Not an outbound event, but what outbound streams wait for. */
  channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    if (ctx.channel.isWritable) this.#queue.first?.transfer?.hasRoom();
    ctx.fireChannelWritabilityChanged();
  }

  channelInactive(ctx: ChannelHandlerContext): void {
    this.#discard(0, () => ctx.channel.engine.closedError());
    ctx.fireChannelInactive();
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #transferWritten(transfer: Transfer): void {
    this.#leave(transfer);
    if (this.#ctx !== undefined) this.#run(this.#ctx);
  }

  #transferBroken(transfer: Transfer, error: Error): void {
    this.#leave(transfer);
    const ctx = this.#ctx;
    if (ctx === undefined || this.#discarding) return;
    if (!transfer.hasWritten || !this.#closesWhenInterrupted || !ctx.channel.isOpen) return this.#run(ctx);
    // What follows would be taken for the rest of the stream.
    ctx.channel.engine.note.cause ??= error;
    this.#discard(0, () => ctx.channel.engine.closedError());
    ctx.close();
  }

  /** Writes what is before the next stream, and starts that if it is flushed. */
  #run(ctx: ChannelHandlerContext): void {
    if (this.#running) return;
    this.#running = true;
    let hasFlushed = false;
    for (let next = this.#queue.first; next !== undefined; next = this.#queue.first) {
      const isFlushed = this.#flushed > 0;
      if (hasFlushed && !isFlushed) ctx.flush();
      hasFlushed &&= isFlushed;
      const { message, completion, transfer } = next;
      if (transfer !== undefined) {
        if (isFlushed) transfer.start();
        // A stream that has ended has left the queue: otherwise it goes on when it has a chunk, or room for one.
        if (this.#queue.first === next) break;
      } else {
        this.#shift();
        hasFlushed ||= isFlushed;
        ctx.write(message, completion);
      }
    }
    if (hasFlushed) ctx.flush();
    this.#running = false;
    if (this.#queue.length === 0) this.#allSent();
  }

  #allSent(): void {
    this.#refusal = undefined;
    for (const then of this.#whenSent.splice(0)) then();
  }

  #shift(): void {
    this.#pendingBytes -= this.#queue.shift()?.size ?? 0;
    if (this.#flushed > 0) this.#flushed--;
  }

  #leave(transfer: Transfer): void {
    const index = this.#queue.remove((pending) => pending.transfer === transfer);
    if (index < 0) return;
    // What a stream counts for: it has no bytes yet.
    this.#pendingBytes -= OVERHEAD;
    if (index < this.#flushed) this.#flushed--;
  }

  /** Takes out everything from `first` on, then fails it. */
  #discard(first: number, makeError: () => SluiceError): void {
    const discarded = this.#queue.takeFrom(first);
    this.#flushed = Math.min(this.#flushed, first);
    const channel = this.#ctx?.channel;
    let hasUnawaited = false;
    this.#discarding = true;
    for (const { transfer, completion, size } of discarded) {
      this.#pendingBytes -= size;
      if (transfer !== undefined) transfer.fail(makeError());
      else if (completion !== undefined && channel !== undefined) settle(completion, makeError(), channel);
      else hasUnawaited = true;
    }
    this.#discarding = false;
    if (hasUnawaited) channel?.unawaitedFailure(makeError());
    if (this.#queue.length === 0) this.#allSent();
  }

  #refused(ctx: ChannelHandlerContext, size: number): SluiceError | undefined {
    if (this.#refusal !== undefined) return this.#refusal();
    if (!ctx.channel.isOpen) return ctx.channel.engine.closedError();
    if (this.#pendingBytes + size <= this.#maxPendingBytes || this.#queue.length === 0) return undefined;
    const detail = `${this.#pendingBytes} bytes wait behind a stream, ${size} more refused`;
    return new SluiceError("OUTBOUND_BUFFER_FULL", detail, { length: size, limit: this.#maxPendingBytes });
  }

  #closeTimedOut(ctx: ChannelHandlerContext): void {
    const limit = ctx.channel.engine.settings.closeTimeoutMs;
    const error = new SluiceError("CLOSE_TIMEOUT", "a stream was not sent in time", { limit });
    ctx.channel.engine.destroy(error);
    this.#discard(0, () => error);
  }
}

/** What waits to be written. */
interface Pending {
  readonly message: unknown;
  readonly completion: Completion | undefined;
  readonly transfer: Transfer | undefined;
  readonly size: number;
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a positive integer, not ${value}`);
}

/** What the outbound queue counts for a message beside its content. */
const OVERHEAD = 96;
