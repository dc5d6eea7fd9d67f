/**
 * Two applications of our client: each sends all its frames while the channel is writable, half-closes, and checks
 * what comes back until the end. One is a handler, the other stands at the edge and awaits.
 */

import { type Channel, type ChannelHandlerContext, ChannelInboundHandler } from "sluice";
import type { FrameCheck } from "./frame-check.js";
import type { Frame, FrameScript } from "./frame-script.js";
import { Random32 } from "./random-32.js";

export class FrameClient<T extends Frame> extends ChannelInboundHandler<T, never, T> {
  readonly #script: FrameScript<T>;
  readonly #check: FrameCheck<T>;
  readonly #random: Random32;
  #unsent: number;
  #pumping = false;

  constructor(script: FrameScript<T>, check: FrameCheck<T>, frames: number) {
    super();
    this.#script = script;
    this.#check = check;
    this.#random = new Random32(script.connection);
    this.#unsent = frames;
  }

  override channelActive(ctx: ChannelHandlerContext<never, T>): void {
    this.#pump(ctx);
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext<never, T>): void {
    this.#pump(ctx);
  }

  override channelRead(_ctx: ChannelHandlerContext<never, T>, frame: T): void {
    this.#check.take(frame);
  }

  /** A flush can make the channel writable again from within: the loop looks again instead of nesting. */
  #pump(ctx: ChannelHandlerContext<never, T>): void {
    if (this.#pumping || this.#unsent === 0) return;
    this.#pumping = true;
    while (this.#unsent > 0 && ctx.channel.isWritable) {
      ctx.write(this.#script.next());
      this.#unsent--;
      if (this.#unsent === 0 || this.#random.below(16) === 0 || !ctx.channel.isWritable) ctx.flush();
    }
    this.#pumping = false;
    if (this.#unsent === 0) ctx.shutdownOutput();
  }
}

/** With `send` and `messages`: one frame, one promise. */
export async function exchangeAtTheEdge<T extends Frame>(
  channel: Channel<T, T>,
  script: FrameScript<T>,
  check: FrameCheck<T>,
  frames: number,
): Promise<void> {
  const receive = async () => {
    for await (const frame of channel.messages()) check.take(frame);
  };
  const send = async () => {
    for (let i = 0; i < frames; i++) await channel.send(script.next());
    await channel.shutdownOutput();
  };
  await Promise.all([receive(), send()]);
}
