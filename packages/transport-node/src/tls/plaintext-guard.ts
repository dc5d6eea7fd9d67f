/**
 * Stands before the handler that has asked for TLS, until TLS is there: whatever still comes by was sent in plain text
 * behind the request, and must not be taken for something the peer said under TLS.
 */
import { type ChannelHandlerContext, PassThroughHandler } from "@sluice/core";
import { TlsHandshakeEvent } from "./tls-handshake-event.js";

export class PlaintextGuard extends PassThroughHandler {
  readonly #onPlaintext: () => void;

  constructor(onPlaintext: () => void) {
    super();
    this.#onPlaintext = onPlaintext;
  }

  override channelRead(_ctx: ChannelHandlerContext, _message: unknown): void {
    this.#onPlaintext();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event instanceof TlsHandshakeEvent && event.isSuccess) ctx.pipeline.remove(this);
    ctx.fireUserEventTriggered(event);
  }
}
