/**
 * Lets handlers behind it take messages one by one, although a read brings as many as it happens to bring.
 *
 * ```
 *                    ┌────────── waiting ──────────┐
 *   channelRead ──▶  │ message │ message │ message │ ──▶ channelRead, channelReadComplete      one for each read()
 *                    └─────────────────────────────┘
 *   read() ◀── only when nothing waits
 * ```
 *
 * A TCP read gives a decoder 64 KiB, and the decoder makes a thousand messages of them: `read()` means a burst. Behind
 * this handler it means a message.
 */
import { SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, FifoQueue, PassThroughHandler } from "@sluice/core";

export interface FlowControlHandlerOptions {
  /**
   * Messages that may wait. When one more comes the channel is closed with INBOUND_QUEUE_FULL.
   * @default 65_536, as many as a burst of TCP has bytes
   */
  readonly maxMessages?: number;
}

/**
 * With AUTO_READ on all messages pass; with it off, each `read()` brings exactly one, as a burst of its own, and whoever
 * asks again from inside `channelRead` or `channelReadComplete` gets the next. The order is kept, also that between messages
 * and the recoverable errors a decoder raises between them; fatal errors go ahead. `read()` asks the transport only when
 * nothing waits, and goes on asking until there is a message; asked twice before it came, it means one.
 *
 * Messages that wait when AUTO_READ is turned on, or when the handler is removed, are passed on at once. Those that wait
 * when the channel ends are reported as MESSAGES_LOST with their number as its `length`.
 *
 * Put it behind the decoder and before whoever calls `read()`. Costs a look at AUTO_READ per message, and room for
 * those that wait.
 *
 * @example
 * ```ts
 * pipeline
 *   .addLast(new LineBasedFrameDecoder())
 *   .addLast(new FlowControlHandler())
 *   .addLast({
 *     channelActive: (ctx) => ctx.read(),
 *     channelRead: (ctx, line) => store(line).then(() => ctx.read(), (error) => ctx.fireExceptionCaught(error)),
 *   });
 * ```
 */
export class FlowControlHandler extends PassThroughHandler {
  readonly #maxMessages: number;
  readonly #waiting = new FifoQueue<unknown>();
  /** Whether a `read()` with AUTO_READ off has not been answered yet: with a message, that is. */
  #wanted = false;
  /** Whether a `read()` has been neither answered nor passed on. */
  #asked = false;
  #delivering = false;
  /** Whether messages have passed since the last `channelReadComplete` behind us. */
  #owesComplete = false;
  /** Whether the transport's burst is running. */
  #inBurst = false;
  /** Came when there was no room. */
  #refused = 0;

  /** @throws SluiceError `INVALID_ARGUMENT` for a limit that is no positive integer */
  constructor({ maxMessages = 65_536 }: FlowControlHandlerOptions = {}) {
    super();
    if (!(Number.isSafeInteger(maxMessages) && maxMessages > 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `maxMessages must be a positive integer, not ${maxMessages}`);
    }
    this.#maxMessages = maxMessages;
  }

  /** Messages, and errors between them, that wait to be read. */
  get waiting(): number {
    return this.#waiting.length;
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#inBurst = true;
    if (this.waiting === 0 && !this.#delivering && ctx.channel.autoRead) {
      this.#owesComplete = true;
      ctx.fireChannelRead(message);
    } else if (this.waiting < this.#maxMessages && this.#refused === 0) {
      this.#waiting.push(message);
      this.#deliver(ctx);
    } else this.#refuse(ctx);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    this.#inBurst = false;
    if (this.#owesComplete || (ctx.channel.autoRead && this.waiting === 0)) this.#complete(ctx);
    // The burst has brought nothing for who waits: without this he would wait for ever.
    if (this.#wanted && this.waiting === 0) ctx.read();
  }

  override read(ctx: ChannelHandlerContext): void {
    this.#wanted = !ctx.channel.autoRead;
    this.#asked = true;
    this.#deliver(ctx);
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    const isBetween = this.#inBurst && this.waiting > 0 && error instanceof SluiceError && error.recoverable;
    if (isBetween && this.waiting < this.#maxMessages) this.#waiting.push(new WaitingError(error));
    else ctx.fireExceptionCaught(error);
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    let lost = this.#refused;
    while (this.waiting > 0) {
      const item = this.#waiting.shift();
      if (item instanceof WaitingError) ctx.fireExceptionCaught(item.error);
      else lost++;
    }
    if (lost > 0) {
      const detail = `${lost} messages had not been read when the channel ended`;
      ctx.fireExceptionCaught(new SluiceError("MESSAGES_LOST", detail, { length: lost }));
    }
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    if (this.waiting === 0) return;
    while (this.waiting > 0) this.#pass(ctx, this.#waiting.shift());
    this.#complete(ctx);
  }

  /** Passes on what is wanted. Asking for more from inside is seen by the loop: no stack grows with what waits. */
  #deliver(ctx: ChannelHandlerContext): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (this.waiting > 0 && (this.#wanted || ctx.channel.autoRead)) {
      this.#pass(ctx, this.#waiting.shift());
      if (this.#owesComplete && !ctx.channel.autoRead) this.#complete(ctx);
    }
    // The transport's own burst will be completed by the transport.
    if (this.#owesComplete && !this.#inBurst) this.#complete(ctx);
    this.#delivering = false;
    if (!this.#asked || this.waiting > 0) return;
    this.#asked = false;
    ctx.read();
  }

  #pass(ctx: ChannelHandlerContext, item: unknown): void {
    if (item instanceof WaitingError) return ctx.fireExceptionCaught(item.error);
    this.#wanted = false;
    if (!ctx.channel.autoRead) this.#asked = false;
    this.#owesComplete = true;
    ctx.fireChannelRead(item);
  }

  #complete(ctx: ChannelHandlerContext): void {
    this.#owesComplete = false;
    ctx.fireChannelReadComplete();
  }

  #refuse(ctx: ChannelHandlerContext): void {
    if (this.#refused++ > 0) return;
    const limit = this.#maxMessages;
    ctx.fireExceptionCaught(
      new SluiceError("INBOUND_QUEUE_FULL", `${limit} messages wait to be read, and more come`, { limit }),
    );
    ctx.close();
  }
}

/** A recoverable error that waits for its turn. */
class WaitingError {
  readonly error: SluiceError;

  constructor(error: SluiceError) {
    this.error = error;
  }
}
