/** A message decoder and a message encoder in one handler. */
import type { ChannelHandlerContext, Completion } from "@sluice/core";
import { encodeFailure } from "./encode-failure.js";
import { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";
import { writeAll } from "./message-to-message-encoder.js";

/**
 * A `MessageToMessageDecoder` from `In` to `InNext` that is a `MessageToMessageEncoder` from `Out` to `OutNext` as well;
 * each half is described there.
 */
export abstract class MessageToMessageCodec<In, InNext, Out, OutNext> extends MessageToMessageDecoder<In, InNext> {
  declare readonly "~outbound": (message: Out) => OutNext;

  /** Pushes what `message` becomes. */
  protected abstract encode(ctx: ChannelHandlerContext<InNext, OutNext>, message: Out, out: MessageSink<OutNext>): void;

  /**
   * Whether this encoder is for `message`.
   * @default every message
   */
  protected acceptOutboundMessage(_message: unknown): boolean {
    return true;
  }

  write(ctx: ChannelHandlerContext<InNext, OutNext>, message: Out, completion: Completion | undefined): void {
    if (!this.acceptOutboundMessage(message)) return ctx.write(message as unknown as OutNext, completion);
    const out = new MessageSink<OutNext>();
    try {
      this.encode(ctx, message, out);
    } catch (cause) {
      throw encodeFailure(this, cause);
    }
    writeAll(this, ctx, out, completion);
  }
}
