/** One inbound message into others: the base of decoders that stand behind a frame decoder. */
import { SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler, isSharable } from "@sluice/core";
import { MessageSink } from "./message-sink.js";

/**
 * Base of decoders that take messages of type `In` and pass on messages of type `Next`.
 *
 * Messages that `acceptInboundMessage` refuses pass unchanged. `decode` may push none, one or several. What it throws is
 * passed to `exceptionCaught` behind the messages it had pushed (wrapped in DECODE_FAILED unless it is a `SluiceError`),
 * and the next message is decoded as usual.
 *
 * With `autoRead` off a burst of reads that produced no message asks for one more, once; but not from a sharable handler,
 * which cannot tell the bursts of its channels apart.
 */
export abstract class MessageToMessageDecoder<In, Next> extends ChannelInboundHandler<In, Next> {
  #sawMessage = false;
  #produced = false;

  /** Pushes what `message` becomes. */
  protected abstract decode(ctx: ChannelHandlerContext<Next>, message: In, out: MessageSink<Next>): void;

  /**
   * Whether this decoder is for `message`.
   * @default every message
   */
  protected acceptInboundMessage(_message: unknown): boolean {
    return true;
  }

  override channelRead(ctx: ChannelHandlerContext<Next>, message: In): void {
    this.#sawMessage = true;
    if (!this.acceptInboundMessage(message)) {
      this.#produced = true;
      return ctx.fireChannelRead(message as unknown as Next);
    }
    // Made anew: that takes less time than putting what it holds into an old one, and nothing is kept.
    const out = new MessageSink<Next>();
    let failure: SluiceError | undefined;
    try {
      this.decode(ctx, message, out);
    } catch (error) {
      failure = failureOf(this, error);
    }
    if (out.length > 0) {
      this.#produced = true;
      do ctx.fireChannelRead(out.take());
      while (out.length > 0);
    }
    if (failure !== undefined) throw failure;
  }

  override channelReadComplete(ctx: ChannelHandlerContext<Next>): void {
    const starving = this.#sawMessage && !this.#produced && !isSharable(this) && !ctx.channel.autoRead;
    this.#sawMessage = this.#produced = false;
    if (starving) ctx.read();
    ctx.fireChannelReadComplete();
  }
}

function failureOf(decoder: object, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new SluiceError("DECODE_FAILED", `${decoder.constructor.name} failed: ${why}`, { cause: error });
}
