/**
 * Builds the rest of a pipeline when TLS has found out which protocol is to be spoken (ALPN, RFC 7301).
 *
 * ```
 *   channelActive  TlsHandshakeEvent  channelRead …        held here
 *        └────────────────┴───────────────┴─────────┐
 *                                                   ▼      the protocol's handlers take the place of this one,
 *                                  protocols[h2](pipeline) and get it all, in this order
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { asError, type ChannelHandlerContext, type ChannelPipeline, PassThroughHandler } from "@sluice/core";
import { PlaintextEvent } from "./plaintext-event.js";
import { TlsHandshakeEvent } from "./tls-handshake-event.js";
import { tlsOf } from "./tls-of.js";

export interface ApplicationProtocolNegotiationHandlerOptions {
  /** Adds the handlers of a protocol at the end of the pipeline, by the protocol's ALPN name. May take its time. */
  readonly protocols: Readonly<Record<string, (pipeline: ChannelPipeline) => unknown>>;
  /**
   * The protocol to assume when none was negotiated: the peer does not use ALPN, or speaks plain text.
   * @default none: TLS_NO_APPLICATION_PROTOCOL
   */
  readonly fallbackProtocol?: string;
  /**
   * Messages that may wait here; one more is ACCUMULATION_EXCEEDED.
   * @default 64
   */
  readonly maxQueuedMessages?: number;
}

/**
 * Netty's handler of this name, for servers and clients. Give the same names to `alpnProtocols`.
 *
 * While a protocol's handlers are being added, which may be asynchronous, no input is asked for; what comes all the same
 * waits. The handlers then see `channelActive`, the handshake event and the messages as if they had been there from the
 * beginning. A protocol that nobody has handlers for is TLS_NO_APPLICATION_PROTOCOL, and closes the channel.
 *
 * @example
 * ```ts
 * p.addLast(new ApplicationProtocolNegotiationHandler({
 *   protocols: { "echo/2": (p) => p.addLast(new EchoTwo()), "echo/1": (p) => p.addLast(new EchoOne()) },
 *   fallbackProtocol: "echo/1",
 * }));
 * ```
 */
export class ApplicationProtocolNegotiationHandler extends PassThroughHandler {
  readonly #protocols: ApplicationProtocolNegotiationHandlerOptions["protocols"];
  readonly #fallback: string | undefined;
  readonly #limit: number;
  #state: "waiting" | "choosing" | "done" = "waiting";
  #wasActivated = false;
  #event: unknown;
  #isReadHeld = false;
  #isBurstHeld = false;
  #messages: unknown[] = [];

  /** @throws INVALID_ARGUMENT for a fallback that is not among the protocols */
  constructor(options: ApplicationProtocolNegotiationHandlerOptions) {
    super();
    const { protocols, fallbackProtocol, maxQueuedMessages = 64 } = options;
    if (fallbackProtocol !== undefined && !Object.hasOwn(protocols, fallbackProtocol)) {
      throw new SluiceError("INVALID_ARGUMENT", `"${fallbackProtocol}" is not among the protocols`);
    }
    if (!(maxQueuedMessages >= 0)) throw new SluiceError("INVALID_ARGUMENT", "maxQueuedMessages must be at least 0");
    this.#protocols = protocols;
    this.#fallback = fallbackProtocol;
    this.#limit = maxQueuedMessages;
  }

  /** A handler that comes after the handshake need not wait for it. */
  override handlerAdded(ctx: ChannelHandlerContext): void {
    const session = ctx.channel.isActive ? tlsOf(ctx.channel) : undefined;
    if (session !== undefined) this.#choose(ctx, session.applicationProtocol);
  }

  override channelActive(): void {
    this.#wasActivated = true;
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    const isOutcome = event === PlaintextEvent || (event instanceof TlsHandshakeEvent && event.isSuccess);
    if (this.#state !== "waiting" || !isOutcome) return ctx.fireUserEventTriggered(event);
    this.#event = event;
    this.#choose(ctx, event instanceof TlsHandshakeEvent ? event.session?.applicationProtocol : undefined);
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    if (this.#state === "done") return;
    if (this.#messages.length < this.#limit) this.#messages.push(message);
    else {
      const detail = `${this.#limit} messages wait for the protocol to be chosen`;
      this.#fail(ctx, new SluiceError("ACCUMULATION_EXCEEDED", detail, { limit: this.#limit }));
    }
  }

  override channelReadComplete(): void {
    this.#isBurstHeld = true;
  }

  override read(ctx: ChannelHandlerContext): void {
    if (this.#state === "choosing") this.#isReadHeld = true;
    else ctx.read();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    const { length } = this.#messages;
    this.#state = "done";
    this.#messages = [];
    if (length > 0) {
      const detail = `${length} message(s) came before the protocol was chosen`;
      ctx.fireExceptionCaught(new SluiceError("MESSAGES_LOST", detail, { length }));
    }
    ctx.fireChannelInactive();
  }

  /** It has been replaced by the handlers of the protocol, or taken out by somebody else. */
  override handlerRemoved(ctx: ChannelHandlerContext): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#state = "done";
    if (!ctx.channel.isActive) return;
    if (this.#wasActivated) ctx.fireChannelActive();
    if (this.#event !== undefined) ctx.fireUserEventTriggered(this.#event);
    for (const message of messages) ctx.fireChannelRead(message);
    if (this.#isBurstHeld) ctx.fireChannelReadComplete();
    if (this.#isReadHeld) ctx.read();
  }

  #choose(ctx: ChannelHandlerContext, negotiated: string | undefined): void {
    const protocol = negotiated ?? this.#fallback;
    if (protocol === undefined || !Object.hasOwn(this.#protocols, protocol)) {
      const detail = protocol === undefined ? "no protocol was negotiated" : `there are no handlers for "${protocol}"`;
      return this.#fail(ctx, new SluiceError("TLS_NO_APPLICATION_PROTOCOL", detail));
    }
    this.#state = "choosing";
    try {
      const added = this.#protocols[protocol]?.(ctx.pipeline);
      if (!(added instanceof Promise)) return this.#leave(ctx);
      added.then(
        () => this.#leave(ctx),
        (thrown: unknown) => this.#fail(ctx, asError(thrown)),
      );
    } catch (thrown) {
      this.#fail(ctx, asError(thrown));
    }
  }

  #leave(ctx: ChannelHandlerContext): void {
    if (!ctx.isRemoved) ctx.pipeline.remove(this);
  }

  #fail(ctx: ChannelHandlerContext, error: Error): void {
    if (this.#state === "done") return;
    this.#state = "done";
    this.#messages = [];
    ctx.fireExceptionCaught(error);
    ctx.close();
  }
}
