/**
 * Bytes in, messages out: the base of every decoder that cuts a stream.
 *
 * A subclass answers one question in `decode`: is there a complete message at the beginning of these bytes? Everything
 * around it is done here: keeping what is incomplete, calling again, limits, errors, leaving the pipeline.
 *
 * ```
 *                           nothing left over
 *   chunk ─────────────────────────────────────────▶ decoded in place ──▶ slices of the chunk
 *     │                                                  ▲        │
 *     │ something left over                 the rest of  │        │ leftovers, at the end of the chunk
 *     ▼                                        the chunk │        ▼
 *   as many bytes as the torn frame needs ─────────▶ accumulator ──▶ the frame, a slice of the accumulator
 * ```
 *
 * - **Splits.** However the stream is cut into chunks, messages, errors, their order and their fields are the same,
 *   given that `decode` depends on nothing but the bytes it is shown and what it has consumed so far.
 * - **Copies.** A byte is copied when its frame is torn, and then once, if `decode` says how long the frame is
 *   ({@link ByteToMessageDecoder.need}); the accumulator is then made at that size at once. That is address space: hosts
 *   do not back large zeroed allocations with memory before they are written, so announcing a long frame costs the
 *   receiver little until its bytes come. Without a known length the accumulator doubles, up to the limit. It is never
 *   rewritten.
 * - **Re-entrancy.** What arrives while messages are being passed on waits until the outer call is through.
 * - **Closing.** `channel.close()` in the middle of a chunk does not unread it: the frames that have already arrived are
 *   still delivered, as in Netty. Remove the decoder to stop that.
 * - **Removal.** A decoder that is removed in the middle of a chunk passes on the messages it has already made and then
 *   the bytes it has not read, once, as `channelRead` and `channelReadComplete`. With `pipeline.replace` they reach the
 *   replacement, so protocols can be switched in the middle of a chunk.
 * - **Demand.** With `autoRead` off a burst of reads that completed no message asks for one more, once.
 *
 * Errors: a recoverable `SluiceError` thrown by `decode` is passed to `exceptionCaught` in its place among the messages,
 * and decoding goes on with the same chunk; `decode` must have consumed what was wrong. Every other error is fatal: it is
 * passed on once (wrapped in DECODE_FAILED unless it is a `SluiceError`), all bytes from there on are dropped and
 * counted, and the channel is closed. Bytes that are left at the end of the stream are reported as FRAME_TRUNCATED.
 */
import { ByteBuf, type ErrorCode, SluiceError } from "@sluice/buffer";
import {
  type ChannelHandlerContext,
  ChannelInboundHandler,
  ChannelInputShutdownEvent,
  StreamTakeoverEvent,
} from "@sluice/core";
import type { ByteToMessageDecoderOptions } from "./byte-to-message-decoder-options.js";
import { decodeFailure } from "./decode-failure.js";
import type { Decoded } from "./decoded.js";
import { DECODING, type Fate, FORWARDING, IDLE, type Phase } from "./decoder-phase.js";
import type { FrameFields } from "./frame-fields.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";
import { MessageSink } from "./message-sink.js";
import { StreamInput } from "./stream-input.js";
import { unreadMessages } from "./unread-messages.js";

/**
 * Base of decoders.
 *
 * @example
 * ```ts
 * class Uint32Decoder extends ByteToMessageDecoder<number> {
 *   protected decode(_ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<number>) {
 *     if (input.readableBytes >= 4) out.push(input.readUint32());
 *   }
 * }
 * ```
 */
export abstract class ByteToMessageDecoder<T> extends ChannelInboundHandler<ByteBuf, T> {
  readonly #closeOnFatalError: boolean;
  readonly #maxAccumulatedBytes: number;
  readonly #input: StreamInput;
  readonly #sink = new MessageSink<T>();

  #phase: Phase = IDLE;
  #fate: Fate = "alive";
  #removed = false;
  /** What arrived while a chunk was being decoded. */
  #waiting: unknown[] = NONE;
  #endWaits = false;

  /** Where in the stream `decode` last threw without having consumed anything. */
  #threwAt = -1;

  #sawBytes = false;
  #produced = false;
  #bytesScanned = 0;
  #droppedBytes = 0;

  constructor(options: ByteToMessageDecoderOptions = {}) {
    super();
    this.#closeOnFatalError = options.closeOnFatalError ?? true;
    this.#maxAccumulatedBytes = checkBytes("maxAccumulatedBytes", options.maxAccumulatedBytes ?? DEFAULT_MAX_LENGTH, 1);
    const maxUnread = checkBytes("maxUnreadBytes", options.maxUnreadBytes ?? this.#maxAccumulatedBytes - 1, 0);
    this.#input = new StreamInput(this.#maxAccumulatedBytes, maxUnread + 1);
  }

  /** Bytes that subclasses have looked through for the end of a frame. */
  get bytesScanned(): number {
    return this.#bytesScanned;
  }

  /** Bytes that were copied because their frame was torn. */
  get bytesCopied(): number {
    return this.#input.bytesCopied;
  }

  /** Bytes that came after a fatal error, or were unread when it happened. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Whether a frame has begun that is not complete: its bytes are kept, or skipped. Between bursts of input. */
  get isMidFrame(): boolean {
    return this.#input.unreadBytes > 0 || this.isSkipping;
  }

  /** Bytes of an incomplete frame that are kept. */
  get unreadBytes(): number {
    return this.#input.unreadBytes;
  }

  // ── for subclasses ─────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Takes what is complete from the beginning of `input`.
   *
   * Moves `input.readerIndex` over what has been understood and returns the message that came of it, or pushes any number
   * of them to `out`; one is best, and returned it costs 10 ns less than pushed. Doing neither means that more bytes are
   * needed. Called again while it does something and bytes remain. Messages without consumption are an error
   * (DECODE_FAILED). Do not keep `input`, which moves from chunk to chunk; slices of it may be kept.
   */
  protected abstract decode(ctx: ChannelHandlerContext<T>, input: ByteBuf, out: MessageSink<T>): Decoded<T>;

  /**
   * As `decode`, when no more bytes will come; `input` may be empty. Called until it consumes nothing.
   * @default `decode` if there are bytes
   */
  protected decodeLast(ctx: ChannelHandlerContext<T>, input: ByteBuf, out: MessageSink<T>): Decoded<T> {
    return input.isReadable() ? this.decode(ctx, input, out) : undefined;
  }

  /** The decoder has left the pipeline and its unread bytes have been passed on. */
  protected handlerRemoved0?(ctx: ChannelHandlerContext<T>): void;

  /** Whether the bytes that come belong to a frame that has been given up. @default false */
  protected get isSkipping(): boolean {
    return false;
  }

  /**
   * Says how many bytes, from `readerIndex` on, have to be there before `decode` can do anything. It is not called
   * before, and room for them is made once. Only together with consuming and pushing nothing.
   */
  protected need(bytes: number): void {
    this.#input.needed = bytes;
  }

  /** Counts bytes looked through: once per search, not per byte. */
  protected scanned(bytes: number): void {
    this.#bytesScanned += bytes;
  }

  /** Where in the stream `input.readerIndex` is. */
  protected get streamOffset(): number {
    return this.#input.offset;
  }

  /**
   * An error about the frame that begins at `readerIndex`, with its offset in the stream and its first bytes as hex.
   *
   * @param shown Bytes of the frame that are there however the stream is cut; at most 16 are shown.
   */
  protected frameError(code: ErrorCode, detail: string, shown: number, fields: FrameFields = {}): SluiceError {
    return new SluiceError(code, detail, { ...fields, offset: this.streamOffset, hex: this.#input.hexDump(shown) });
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

  override channelRead(ctx: ChannelHandlerContext<T>, message: ByteBuf): void {
    if (this.#phase !== IDLE) return this.#postpone(message);
    if (!(message instanceof ByteBuf)) return ctx.fireChannelRead(message as T);
    this.#phase = FORWARDING;
    this.#sawBytes = true;
    try {
      this.#accept(ctx, message);
      if (this.#waiting.length > 0) this.#acceptWaiting(ctx);
    } catch (escaped) {
      this.#abandon();
      throw escaped;
    } finally {
      this.#phase = IDLE;
    }
    if (this.#removed) this.#leave(ctx);
    else if (this.#endWaits) this.#endInput(ctx);
  }

  override channelReadComplete(ctx: ChannelHandlerContext<T>): void {
    if (this.#sawBytes && this.#phase === IDLE) {
      const starving = !this.#produced && this.#fate === "alive" && !ctx.channel.autoRead;
      this.#sawBytes = this.#produced = false;
      if (starving) ctx.read();
    }
    ctx.fireChannelReadComplete();
  }

  override userEventTriggered(ctx: ChannelHandlerContext<T>, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#endInput(ctx);
    else if (event instanceof StreamTakeoverEvent) this.#handOver(event);
    ctx.fireUserEventTriggered(event);
  }

  override channelInactive(ctx: ChannelHandlerContext<T>): void {
    this.#endInput(ctx);
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext<T>): void {
    if (this.#fate === "alive") this.#fate = "removed";
    this.#removed = true;
    if (this.#phase === IDLE) this.#leave(ctx);
  }

  // ── chunks ─────────────────────────────────────────────────────────────────────────────────────────────────

  #accept(ctx: ChannelHandlerContext<T>, chunk: ByteBuf): void {
    if (this.#fate !== "alive") {
      this.#droppedBytes += chunk.readableBytes;
      return;
    }
    let piece = chunk;
    if (chunk.readableBytes > this.#maxAccumulatedBytes) {
      // What `decode` can do must not depend on how much happens to be there.
      piece = chunk.readSlice(this.#maxAccumulatedBytes);
      this.#waiting = [chunk, ...this.#waiting];
    }
    if (this.#input.isTorn) {
      this.#input.continueWith(piece);
      this.#decodeTorn(ctx);
    } else {
      this.#input.enter(piece);
      this.#decodeInPlace(ctx);
    }
  }

  #acceptWaiting(ctx: ChannelHandlerContext<T>): void {
    while (this.#waiting.length > 0 && this.#fate !== "removed") {
      const message = this.#waiting.shift();
      if (message instanceof ByteBuf) this.#accept(ctx, message);
      else ctx.fireChannelRead(message as T);
    }
  }

  #postpone(message: unknown): void {
    if (this.#waiting === NONE) this.#waiting = [];
    this.#waiting.push(message);
  }

  // ── decoding ───────────────────────────────────────────────────────────────────────────────────────────────

  #decodeInPlace(ctx: ChannelHandlerContext<T>): void {
    this.#decodeDownTo(ctx, 0);
    if (this.#fate === "alive" && !this.#input.leave()) this.#exceeded(ctx);
  }

  /** Goes on with the torn frame, and as soon as it is whole with the rest of the chunk in place. */
  #decodeTorn(ctx: ChannelHandlerContext<T>): void {
    const input = this.#input;
    while (input.bite()) {
      this.#decodeDownTo(ctx, input.floor);
      if (this.#fate !== "alive") return;
      if (input.returnToChunk()) return this.#decodeInPlace(ctx);
      if (input.isFull) return this.#exceeded(ctx);
    }
  }

  /** Decodes until at most `floor` bytes are unread, more are needed, or the decoder has stopped. */
  #decodeDownTo(ctx: ChannelHandlerContext<T>, floor: number): void {
    const stream = this.#input;
    const input = stream.current;
    const sink = this.#sink;
    while (input.writerIndex - input.readerIndex > floor) {
      const before = input.readerIndex;
      let message: Decoded<T>;
      stream.needed = 0;
      this.#phase = DECODING;
      try {
        message = this.decode(ctx, input, sink);
      } catch (error) {
        this.#phase = FORWARDING;
        this.#threw(ctx, error, input.readerIndex - before);
        if (this.#fate !== "alive") return;
        continue;
      }
      this.#phase = FORWARDING;
      const consumed = input.readerIndex - before;
      // All that is not an ordinary frame goes elsewhere: this loop is the hot path of every decoder.
      if (consumed <= 0 || sink.length > 0) {
        if (!this.#forwardUnusual(ctx, message, consumed)) return;
      } else if (message !== undefined) {
        this.#produced = true;
        ctx.fireChannelRead(message);
      }
      if (this.#fate !== "alive") return;
    }
  }

  /** Several messages, or none, or some without consumption. @returns false when `decode` needs more bytes */
  #forwardUnusual(ctx: ChannelHandlerContext<T>, message: Decoded<T>, consumed: number): boolean {
    if (message !== undefined) this.#sink.push(message);
    const made = this.#sink.length > 0;
    if (made) this.#forward(ctx);
    else if (consumed === 0) return false;
    if (consumed < 0) this.#raise(ctx, new Error("it moved readerIndex back"), consumed);
    else if (consumed === 0) this.#raise(ctx, new Error("it made a message without consuming a byte"), consumed);
    return true;
  }

  /** `decode` threw: what it had pushed before comes first. */
  #threw(ctx: ChannelHandlerContext<T>, error: unknown, consumed: number): void {
    if (this.#sink.length > 0) this.#forward(ctx);
    this.#raise(ctx, error, consumed);
  }

  #forward(ctx: ChannelHandlerContext<T>): void {
    const sink = this.#sink;
    this.#produced = true;
    do ctx.fireChannelRead(sink.take());
    while (sink.length > 0);
  }

  /** The end of the stream. Also from inside `forward`, when the channel ends while a message is being handled. */
  #endInput(ctx: ChannelHandlerContext<T>): void {
    if (this.#phase === DECODING) {
      this.#endWaits = true;
      return;
    }
    this.#endWaits = false;
    if (this.#fate !== "alive") return;
    const outerPhase = this.#phase;
    this.#phase = FORWARDING;
    this.#produced = false;
    try {
      if (outerPhase !== IDLE) this.#decodeRest(ctx);
      this.#decodeLast(ctx);
    } finally {
      this.#phase = outerPhase;
    }
    if (this.#removed && outerPhase === IDLE) this.#leave(ctx);
    else if (this.#produced) ctx.fireChannelReadComplete();
  }

  /** What the outer call, which has been interrupted, would have done. */
  #decodeRest(ctx: ChannelHandlerContext<T>): void {
    if (this.#sink.length > 0) this.#forward(ctx);
    this.#decodeDownTo(ctx, this.#input.floor);
    if (this.#fate === "alive" && this.#input.returnToChunk()) this.#decodeInPlace(ctx);
    else this.#decodeTorn(ctx);
    this.#acceptWaiting(ctx);
  }

  #decodeLast(ctx: ChannelHandlerContext<T>): void {
    const input = this.#input.current;
    while (this.#fate === "alive") {
      const before = input.readerIndex;
      this.#phase = DECODING;
      try {
        const message = this.decodeLast(ctx, input, this.#sink);
        if (message !== undefined) this.#sink.push(message);
      } catch (error) {
        this.#phase = FORWARDING;
        this.#threw(ctx, error, input.readerIndex - before);
        if (input.isReadable()) continue;
        break;
      }
      this.#phase = FORWARDING;
      const consumed = input.readerIndex - before;
      if (this.#sink.length > 0) this.#forward(ctx);
      if (consumed <= 0 || !input.isReadable()) break;
    }
    if (this.#fate === "alive") this.#truncated(ctx);
  }

  #truncated(ctx: ChannelHandlerContext<T>): void {
    const length = this.#input.unreadBytes;
    const detail = `the stream ended in the middle of a frame: ${length} byte(s) are left`;
    const error = length === 0 ? undefined : this.frameError("FRAME_TRUNCATED", detail, length, { length });
    this.#fate = "ended";
    this.#input.takeUnread();
    if (error !== undefined) this.#tell(ctx, error);
  }

  // ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** `decode` threw. Goes on when the error allows it and `decode` has moved, if only its own state. */
  #raise(ctx: ChannelHandlerContext<T>, error: unknown, consumed: number): void {
    const offset = this.streamOffset;
    const stuck = consumed < 0 || (consumed === 0 && this.#threwAt === offset);
    this.#threwAt = consumed === 0 ? offset : -1;
    const isOurs = error instanceof SluiceError && error.code !== "INDEX_OUT_OF_RANGE";
    if (isOurs && error.recoverable && !stuck) return this.#tell(ctx, error);
    if (isOurs && !error.recoverable) return this.#fail(ctx, error);
    this.#fail(ctx, decodeFailure(this, stuck ? "throws without consuming a byte" : undefined, error, offset));
  }

  #exceeded(ctx: ChannelHandlerContext<T>): void {
    const limit = this.#maxAccumulatedBytes;
    const detail = `${this.constructor.name} can do nothing with ${limit} bytes`;
    this.#fail(ctx, this.frameError("ACCUMULATION_EXCEEDED", detail, limit, { length: limit, limit }));
  }

  #fail(ctx: ChannelHandlerContext<T>, error: Error): void {
    // A removed decoder owes its unread bytes to the next handler, whatever happens.
    if (this.#fate === "alive") this.#abandon();
    this.#tell(ctx, error);
    if (this.#closeOnFatalError) ctx.close();
  }

  /** Also when something escapes from a listener that was told of an error: what it interrupted cannot be resumed. */
  #abandon(): void {
    this.#fate = "failed";
    this.#droppedBytes += this.#input.takeUnread().readableBytes;
  }

  #tell(ctx: ChannelHandlerContext<T>, error: Error): void {
    if (this.exceptionCaught !== undefined) this.exceptionCaught(ctx, error);
    else ctx.fireExceptionCaught(error);
  }

  // ── leaving the stream ─────────────────────────────────────────────────────────────────────────────────────

  /** Bytes that have been looked at may have left their marks: those cannot be given back as if they had not. */
  #handOver(event: StreamTakeoverEvent): void {
    const isTouched = this.#phase === IDLE && this.isMidFrame;
    for (const bytes of this.#takeUnread()) if (!isTouched && bytes instanceof ByteBuf) event.give(bytes);
    if (isTouched) event.interrupt();
  }

  #leave(ctx: ChannelHandlerContext<T>): void {
    const unread = this.#takeUnread();
    for (const message of unread) ctx.fireChannelRead(message as T);
    if (unread.length > 0) ctx.fireChannelReadComplete();
    this.handlerRemoved0?.(ctx);
  }

  #takeUnread(): unknown[] {
    const unread = unreadMessages([this.#input.takeUnread(), ...this.#waiting]);
    this.#waiting = NONE;
    return unread;
  }
}

/** Shared by all decoders that have nothing waiting; never written to. */
const NONE: unknown[] = [];
