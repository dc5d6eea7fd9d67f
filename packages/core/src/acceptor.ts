/**
 * The last handler of a server's pipeline: gives each accepted channel its handlers, options and attributes and
 * lets it begin, unless there are as many as allowed already. When the system runs out of resources it stops accepting for a second instead of spinning.
 */

import { SluiceError } from "@sluice/buffer";
import { asError } from "./as-error.js";
import type { Channel } from "./channel.js";
import type { ChannelConfig } from "./channel-config.js";
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import { ChannelInboundHandler } from "./channel-inbound-handler.js";
import { refuseConnection } from "./connection-refused-event.js";
import type { ServerChannel } from "./server-channel.js";

export class Acceptor extends ChannelInboundHandler<Channel, never> {
  readonly #server: ServerChannel;
  readonly #config: ChannelConfig;

  constructor(server: ServerChannel, config: ChannelConfig) {
    super();
    this.#server = server;
    this.#config = config;
  }

  override channelRead(ctx: ChannelHandlerContext, child: Channel): void {
    // It may have been reset, or refused by a handler, on its way here.
    if (!child.isOpen) return;
    const { children } = this.#server;
    const limit = this.#server.maxConnections;
    if (children.size >= limit) {
      this.#server.connectionRefused();
      const detail = `${children.size} connections are open`;
      return refuseConnection(ctx, child, new SluiceError("TOO_MANY_CONNECTIONS", detail, { limit }));
    }
    try {
      this.#config.applyTo(child);
    } catch (thrown) {
      // The child's failure, not the server's: others may fare better.
      child.unhandledError(asError(thrown));
      return;
    }
    children.add(child);
    child.engine.begin();
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
