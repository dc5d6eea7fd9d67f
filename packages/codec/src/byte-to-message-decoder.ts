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
import { DECODING, type Fate, FORWARDING, IDLE } from "./decoder-phase.js";
import { DecoderRun } from "./decoder-run.js";
import { DecodingLimits } from "./decoding-limits.js";
import type { FrameFields } from "./frame-fields.js";
import type { MessageSink } from "./message-sink.js";
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
  readonly #limits: DecodingLimits;
  /** Only while there are bytes: an idle decoder has none. */
  #run: DecoderRun<T> | undefined = undefined;
  /** Without a run: where in the stream the next byte is. */
  #offset = 0;
  #fate: Fate = "alive";
  #bytesScanned = 0;
  #bytesCopied = 0;
  #droppedBytes = 0;

  constructor(options: ByteToMessageDecoderOptions = {}) {
    super();
    this.#limits = DecodingLimits.of(options);
  }

  /** Bytes that subclasses have looked through for the end of a frame. */
  get bytesScanned(): number {
    return this.#bytesScanned;
  }

  /** Bytes that were copied because their frame was torn. */
  get bytesCopied(): number {
    return this.#bytesCopied + (this.#run?.input.bytesCopied ?? 0);
  }

  /** Bytes that came after a fatal error, or were unread when it happened. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Whether a frame has begun that is not complete: its bytes are kept, or skipped. Between bursts of input. */
  get isMidFrame(): boolean {
    return this.unreadBytes > 0 || this.isSkipping;
  }

  /** Bytes of an incomplete frame that are kept. */
  get unreadBytes(): number {
    return this.#run?.input.unreadBytes ?? 0;
  }

  // ── for subclasses ─────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Takes what is complete from the beginning of `input`.
   *
   * Moves `input.readerIndex` over what has been understood and returns the message that came of it, or pushes any number
   * of them to `out`; one is best, and returned it costs 10 ns less than pushed. Doing neither means that more bytes are
   * needed. Called again while it does something and bytes remain. Messages without consumption are an error
   * (DECODE_FAILED). Do not keep `input`, which moves from chunk to chunk and from decoder to decoder; slices of it may be kept.
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
    (this.#run as DecoderRun<T>).input.needed = bytes;
  }

  /** Counts bytes looked through: once per search, not per byte. */
  protected scanned(bytes: number): void {
    this.#bytesScanned += bytes;
  }

  /** Where in the stream `input.readerIndex` is. */
  protected get streamOffset(): number {
    return this.#run?.input.offset ?? this.#offset;
  }

  /**
   * An error about the frame that begins at `readerIndex`, with its offset in the stream and its first bytes as hex.
   *
   * @param shown Bytes of the frame that are there however the stream is cut; at most 16 are shown.
   */
  protected frameError(code: ErrorCode, detail: string, shown: number, fields: FrameFields = {}): SluiceError {
    const { input } = this.#run ?? this.#begin();
    return new SluiceError(code, detail, { ...fields, offset: this.streamOffset, hex: input.hexDump(shown) });
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

  override channelRead(ctx: ChannelHandlerContext<T>, message: ByteBuf): void {
    if (this.#run !== undefined && this.#run.phase !== IDLE) return this.#run.postpone(message);
    if (!(message instanceof ByteBuf)) return ctx.fireChannelRead(message as T);
    const run = this.#run ?? this.#begin();
    run.phase = FORWARDING;
    run.sawBytes = true;
    try {
      this.#accept(ctx, run, message);
      if (run.waiting.length > 0) this.#acceptWaiting(ctx, run);
    } catch (escaped) {
      this.#abandon(run);
      throw escaped;
    } finally {
      run.phase = IDLE;
    }
    if (run.removed) this.#leave(ctx, run);
    else if (run.endWaits) this.#endInput(ctx);
  }

  override channelReadComplete(ctx: ChannelHandlerContext<T>): void {
    const run = this.#run;
    if (run?.phase === IDLE) {
      const starving = run.sawBytes && !run.produced && this.#fate === "alive" && !ctx.channel.autoRead;
      run.sawBytes = run.produced = false;
      if (!run.input.isTorn && run.waiting.length === 0) this.#end(run);
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
    const run = this.#run;
    if (run === undefined) this.handlerRemoved0?.(ctx);
    else if (run.phase === IDLE) this.#leave(ctx, run);
    else run.removed = true;
  }

  // ── chunks ─────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(): DecoderRun<T> {
    this.#run = DecoderRun.begin<T>(this.#limits, this.#offset);
    return this.#run;
  }

  /** All bytes have been decoded. */
  #end(run: DecoderRun<T>): void {
    this.#offset = run.input.offset;
    this.#bytesCopied += run.input.bytesCopied;
    this.#run = undefined;
    run.end();
  }

  #accept(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>, chunk: ByteBuf): void {
    if (this.#fate !== "alive") {
      this.#droppedBytes += chunk.readableBytes;
      return;
    }
    let piece = chunk;
    if (chunk.readableBytes > this.#limits.maxBytes) {
      // What `decode` can do must not depend on how much happens to be there.
      piece = chunk.readSlice(this.#limits.maxBytes);
      run.waiting = [chunk, ...run.waiting];
    }
    if (run.input.isTorn) {
      run.input.continueWith(piece);
      this.#decodeTorn(ctx, run);
    } else {
      run.input.enter(piece);
      this.#decodeInPlace(ctx, run);
    }
  }

  #acceptWaiting(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    while (run.waiting.length > 0 && this.#fate !== "removed") {
      const message = run.waiting.shift();
      if (message instanceof ByteBuf) this.#accept(ctx, run, message);
      else ctx.fireChannelRead(message as T);
    }
  }

  // ── decoding ───────────────────────────────────────────────────────────────────────────────────────────────

  #decodeInPlace(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    this.#decodeDownTo(ctx, run, 0);
    if (this.#fate === "alive" && !run.input.leave()) this.#exceeded(ctx);
  }

  /** Goes on with the torn frame, and as soon as it is whole with the rest of the chunk in place. */
  #decodeTorn(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    const { input } = run;
    while (input.bite()) {
      this.#decodeDownTo(ctx, run, input.floor);
      if (this.#fate !== "alive") return;
      if (input.returnToChunk()) return this.#decodeInPlace(ctx, run);
      if (input.isFull) return this.#exceeded(ctx);
    }
  }

  /** Decodes until at most `floor` bytes are unread, more are needed, or the decoder has stopped. */
  #decodeDownTo(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>, floor: number): void {
    const stream = run.input;
    const input = stream.current;
    const { sink } = run;
    while (input.writerIndex - input.readerIndex > floor) {
      const before = input.readerIndex;
      let message: Decoded<T>;
      stream.needed = 0;
      run.phase = DECODING;
      try {
        message = this.decode(ctx, input, sink);
      } catch (error) {
        run.phase = FORWARDING;
        this.#threw(ctx, run, error, input.readerIndex - before);
        if (this.#fate !== "alive") return;
        continue;
      }
      run.phase = FORWARDING;
      const consumed = input.readerIndex - before;
      // All that is not an ordinary frame goes elsewhere: this loop is the hot path of every decoder.
      if (consumed <= 0 || sink.length > 0) {
        if (!this.#forwardUnusual(ctx, run, message, consumed)) return;
      } else if (message !== undefined) {
        run.produced = true;
        ctx.fireChannelRead(message);
      }
      if (this.#fate !== "alive") return;
    }
  }

  /** Several messages, or none, or some without consumption. @returns false when `decode` needs more bytes */
  #forwardUnusual(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>, message: Decoded<T>, consumed: number): boolean {
    if (message !== undefined) run.sink.push(message);
    const made = run.sink.length > 0;
    if (made) this.#forward(ctx, run);
    else if (consumed === 0) return false;
    if (consumed < 0) this.#raise(ctx, run, new Error("it moved readerIndex back"), consumed);
    else if (consumed === 0) this.#raise(ctx, run, new Error("it made a message without consuming a byte"), consumed);
    return true;
  }

  /** `decode` threw: what it had pushed before comes first. */
  #threw(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>, error: unknown, consumed: number): void {
    if (run.sink.length > 0) this.#forward(ctx, run);
    this.#raise(ctx, run, error, consumed);
  }

  #forward(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    const { sink } = run;
    run.produced = true;
    do ctx.fireChannelRead(sink.take());
    while (sink.length > 0);
  }

  /** The end of the stream. Also from inside `forward`, when the channel ends while a message is being handled. */
  #endInput(ctx: ChannelHandlerContext<T>): void {
    if (this.#fate !== "alive") return;
    const run = this.#run ?? this.#begin();
    run.endWaits = run.phase === DECODING;
    if (run.endWaits) return;
    const outerPhase = run.phase;
    run.phase = FORWARDING;
    run.produced = false;
    try {
      if (outerPhase !== IDLE) this.#decodeRest(ctx, run);
      this.#decodeLast(ctx, run);
    } finally {
      run.phase = outerPhase;
    }
    const { produced } = run;
    if (outerPhase === IDLE && run.removed) return this.#leave(ctx, run);
    if (outerPhase === IDLE) this.#end(run);
    if (produced) ctx.fireChannelReadComplete();
  }

  /** What the outer call, which has been interrupted, would have done. */
  #decodeRest(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    if (run.sink.length > 0) this.#forward(ctx, run);
    this.#decodeDownTo(ctx, run, run.input.floor);
    if (this.#fate === "alive" && run.input.returnToChunk()) this.#decodeInPlace(ctx, run);
    else this.#decodeTorn(ctx, run);
    this.#acceptWaiting(ctx, run);
  }

  #decodeLast(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    const input = run.input.current;
    while (this.#fate === "alive") {
      const before = input.readerIndex;
      run.phase = DECODING;
      try {
        const message = this.decodeLast(ctx, input, run.sink);
        if (message !== undefined) run.sink.push(message);
      } catch (error) {
        run.phase = FORWARDING;
        this.#threw(ctx, run, error, input.readerIndex - before);
        if (input.isReadable()) continue;
        break;
      }
      run.phase = FORWARDING;
      const consumed = input.readerIndex - before;
      if (run.sink.length > 0) this.#forward(ctx, run);
      if (consumed <= 0 || !input.isReadable()) break;
    }
    if (this.#fate === "alive") this.#truncated(ctx, run);
  }

  #truncated(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    const length = run.input.unreadBytes;
    const detail = `the stream ended in the middle of a frame: ${length} byte(s) are left`;
    const error = length === 0 ? undefined : this.frameError("FRAME_TRUNCATED", detail, length, { length });
    this.#fate = "ended";
    run.input.takeUnread();
    if (error !== undefined) this.#tell(ctx, error);
  }

  // ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** `decode` threw. Goes on when the error allows it and `decode` has moved, if only its own state. */
  #raise(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>, error: unknown, consumed: number): void {
    const offset = this.streamOffset;
    const stuck = consumed < 0 || (consumed === 0 && run.threwAt === offset);
    run.threwAt = consumed === 0 ? offset : -1;
    const isOurs = error instanceof SluiceError && error.code !== "INDEX_OUT_OF_RANGE";
    if (isOurs && error.recoverable && !stuck) return this.#tell(ctx, error);
    if (isOurs && !error.recoverable) return this.#fail(ctx, error);
    this.#fail(ctx, decodeFailure(this, stuck ? "throws without consuming a byte" : undefined, error, offset));
  }

  #exceeded(ctx: ChannelHandlerContext<T>): void {
    const limit = this.#limits.maxBytes;
    const detail = `${this.constructor.name} can do nothing with ${limit} bytes`;
    this.#fail(ctx, this.frameError("ACCUMULATION_EXCEEDED", detail, limit, { length: limit, limit }));
  }

  #fail(ctx: ChannelHandlerContext<T>, error: Error): void {
    // A removed decoder owes its unread bytes to the next handler, whatever happens.
    if (this.#fate === "alive") this.#abandon(this.#run ?? this.#begin());
    this.#tell(ctx, error);
    if (this.#limits.closeOnFatalError) ctx.close();
  }

  /** Also when something escapes from a listener that was told of an error: what it interrupted cannot be resumed. */
  #abandon(run: DecoderRun<T>): void {
    this.#fate = "failed";
    this.#droppedBytes += run.input.takeUnread().readableBytes;
  }

  #tell(ctx: ChannelHandlerContext<T>, error: Error): void {
    if (this.exceptionCaught !== undefined) this.exceptionCaught(ctx, error);
    else ctx.fireExceptionCaught(error);
  }

  // ── leaving the stream ─────────────────────────────────────────────────────────────────────────────────────

  /** Bytes that have been looked at may have left their marks: those cannot be given back as if they had not. */
  #handOver(event: StreamTakeoverEvent): void {
    const run = this.#run;
    const isTouched = (run === undefined || run.phase === IDLE) && this.isMidFrame;
    const unread = run === undefined ? [] : this.#takeUnread(run);
    for (const bytes of unread) if (!isTouched && bytes instanceof ByteBuf) event.give(bytes);
    if (isTouched) event.interrupt();
  }

  #leave(ctx: ChannelHandlerContext<T>, run: DecoderRun<T>): void {
    const unread = this.#takeUnread(run);
    this.#end(run);
    for (const message of unread) ctx.fireChannelRead(message as T);
    if (unread.length > 0) ctx.fireChannelReadComplete();
    this.handlerRemoved0?.(ctx);
  }

  #takeUnread(run: DecoderRun<T>): unknown[] {
    return unreadMessages([run.input.takeUnread(), ...run.takeWaiting()]);
  }
}
