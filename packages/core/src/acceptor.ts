/**
 * The last handler of a server's pipeline: gives each accepted channel its handlers, options and attributes and
 * lets it begin. When the system runs out of resources it stops accepting for a second instead of spinning.
 */

import { SluiceError } from "@sluice/buffer";
import { asError } from "./as-error.js";
import type { Channel } from "./channel.js";
import type { ChannelConfig } from "./channel-config.js";
import type { ChannelGroup } from "./channel-group.js";
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import { ChannelInboundHandler } from "./channel-inbound-handler.js";

export class Acceptor extends ChannelInboundHandler<Channel, never> {
  readonly #children: ChannelGroup;
  readonly #config: ChannelConfig;

  constructor(children: ChannelGroup, config: ChannelConfig) {
    super();
    this.#children = children;
    this.#config = config;
  }

  override channelRead(_ctx: ChannelHandlerContext, child: Channel): void {
    // It may have been reset, or refused by a handler, on its way here.
    if (!child.isOpen) return;
    try {
      this.#config.applyTo(child);
    } catch (thrown) {
      // The child's failure, not the server's: others may fare better.
      child.unhandledError(asError(thrown));
      return;
    }
    this.#children.add(child);
    child.engine.active();
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    if (!(error instanceof SluiceError && error.code === "ACCEPT_FAILED")) return ctx.fireExceptionCaught(error);
    if (ctx.channel.autoRead) {
      ctx.channel.autoRead = false;
      ctx.clock.schedule(ACCEPT_PAUSE_MS, () => {
        ctx.channel.autoRead = true;
      });
    }
    ctx.channel.emit("error", error);
  }
}

const ACCEPT_PAUSE_MS = 1000;
