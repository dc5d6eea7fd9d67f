/** One outbound message into others: the base of encoders whose output is not bytes yet. */
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { CompletionGroup } from "./completion-group.js";
import { encodeFailure } from "./encode-failure.js";
import { MessageSink } from "./message-sink.js";

/**
 * Base of encoders that take messages of type `In` and hand on messages of type `Next`.
 *
 * Messages that `acceptOutboundMessage` refuses pass unchanged. `encode` pushes one message or several, which are written
 * in order; the write is done when all of them are, and fails with the first failure among them. Pushing none, or
 * throwing, fails it with ENCODE_FAILED, and nothing is written.
 */
export abstract class MessageToMessageEncoder<In, Next> extends ChannelOutboundHandler<In, Next> {
  /** Pushes what `message` becomes. */
  protected abstract encode(ctx: ChannelHandlerContext<unknown, Next>, message: In, out: MessageSink<Next>): void;

  /**
   * Whether this encoder is for `message`.
   * @default every message
   */
  protected acceptOutboundMessage(_message: unknown): boolean {
    return true;
  }

  override write(ctx: ChannelHandlerContext<unknown, Next>, message: In, completion: Completion | undefined): void {
    if (!this.acceptOutboundMessage(message)) return ctx.write(message as unknown as Next, completion);
    const out = new MessageSink<Next>();
    try {
      this.encode(ctx, message, out);
    } catch (cause) {
      throw encodeFailure(this, cause);
    }
    writeAll(this, ctx, out, completion);
  }
}

/** Writes what an encoder made of one message. @throws ENCODE_FAILED when that is nothing */
export function writeAll<Next>(
  encoder: object,
  ctx: ChannelHandlerContext<unknown, Next>,
  out: MessageSink<Next>,
  completion: Completion | undefined,
): void {
  if (out.length === 0) throw encodeFailure(encoder, "it made nothing of the message");
  const each = out.length > 1 && completion !== undefined ? new CompletionGroup(out.length, completion) : completion;
  while (out.length > 0) ctx.write(out.take(), each);
}
