/**
 * An end point for messages of one class: `channelRead0` gets those, everything else travels on.
 *
 * Name the class when several kinds of message pass here; without it every message is taken.
 * Nothing is released afterwards: buffers need no reference counts (design law 3), so a message may be kept.
 */
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import { ChannelInboundHandler } from "./channel-inbound-handler.js";

export abstract class SimpleChannelInboundHandler<In = any, Write = any> extends ChannelInboundHandler<In, any, Write> {
  readonly #accepts: (abstract new (...args: any[]) => In) | undefined;

  /** @param accepts The class whose instances `channelRead0` takes. @default every message */
  constructor(accepts?: abstract new (...args: any[]) => In) {
    super();
    this.#accepts = accepts;
  }

  protected abstract channelRead0(ctx: ChannelHandlerContext<any, Write>, message: In): void;

  override channelRead(ctx: ChannelHandlerContext<any, Write>, message: In): void {
    if (this.#accepts === undefined || message instanceof this.#accepts) this.channelRead0(ctx, message);
    else ctx.fireChannelRead(message);
  }
}
