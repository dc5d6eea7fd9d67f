/**
 * Base of handlers that look at what arrives.
 *
 * `In` is what it takes, `Next` what it passes on with `ctx.fireChannelRead`, `Write` what it writes back.
 * Writes of others pass it by unchanged. All methods are optional; implement those you need.
 *
 * @example
 * ```ts
 * class Shout extends ChannelInboundHandler<string, never, string> {
 *   override channelRead(ctx: ChannelHandlerContext<never, string>, line: string) {
 *     ctx.writeAndFlush(line.toUpperCase());
 *   }
 * }
 * ```
 */
import type { HandlerLifecycle, InboundEvents } from "./channel-handler.js";

export abstract class ChannelInboundHandler<In = any, Next = any, Write = any> {
  declare readonly "~inbound": (message: In) => Next;
  declare readonly "~writes": () => Write;
}

export interface ChannelInboundHandler<In, Next, Write> extends HandlerLifecycle, InboundEvents<In, Next, Write> {}
