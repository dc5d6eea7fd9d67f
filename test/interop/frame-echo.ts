/** The application of our server: checks each frame and sends it back; reads only while the channel is writable. */

import { type ChannelHandlerContext, ChannelInboundHandler } from "sluice";
import type { FrameCheck } from "./frame-check.js";
import type { Frame } from "./frame-script.js";

export class FrameEcho<T extends Frame> extends ChannelInboundHandler<T, never, T> {
  readonly #check: FrameCheck<T>;

  constructor(check: FrameCheck<T>) {
    super();
    this.#check = check;
  }

  override channelRead(ctx: ChannelHandlerContext<never, T>, frame: T): void {
    this.#check.take(frame);
    ctx.write(frame);
  }

  override channelReadComplete(ctx: ChannelHandlerContext<never, T>): void {
    ctx.flush();
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext<never, T>): void {
    ctx.channel.autoRead = ctx.channel.isWritable;
  }
}
