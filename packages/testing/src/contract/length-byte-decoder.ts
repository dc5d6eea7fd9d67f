/**
 * The smallest framing there is, for cases that need some: one byte says how many follow.
 *
 * It keeps the rule of decoders about demand: a burst that has completed no frame, of a channel that reads only when it
 * is asked, asks for another one by itself.
 */
import { ByteBuf, type ChannelHandlerContext, ChannelInboundHandler } from "@sluice/core";

export class LengthByteDecoder extends ChannelInboundHandler<ByteBuf, string> {
  #held = "";
  #gave = false;

  override channelRead(ctx: ChannelHandlerContext, bytes: ByteBuf): void {
    this.#held += bytes.toString("latin1");
    while (this.#held.length > 0 && this.#held.length > this.#held.charCodeAt(0)) {
      const end = 1 + this.#held.charCodeAt(0);
      const frame = this.#held.slice(1, end);
      this.#held = this.#held.slice(end);
      this.#gave = true;
      ctx.fireChannelRead(frame);
    }
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    const gave = this.#gave;
    this.#gave = false;
    ctx.fireChannelReadComplete();
    if (!gave && !ctx.channel.autoRead) ctx.read();
  }

  /** The bytes of one frame. */
  static frame(text: string): ByteBuf {
    return ByteBuf.from(String.fromCharCode(text.length) + text);
  }
}
