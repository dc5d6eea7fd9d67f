/**
 * TLS in the middle of a connection, after the two ends have agreed on it in plain text (RFC 3207, RFC 2595 …).
 *
 * ```
 *   plain text   C: STARTTLS    S: 220 go ahead │                 │
 *   handshake                                   │ ClientHello … ◀▶│
 *   TLS                                                           │ C: EHLO …   S: 250 …
 *                                 startTls() ───┘                 └─── TlsHandshakeEvent
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { type Channel, ChannelHandlerContext, StreamTakeoverEvent } from "@sluice/core";
import { SocketConnection } from "../socket-connection.js";
import { PlaintextGuard } from "./plaintext-guard.js";
import type { TlsContext } from "./tls-context.js";
import type { TlsSession } from "./tls-handshake-event.js";
import { TlsLayer } from "./tls-layer.js";

export interface StartTlsOptions {
  readonly context: TlsContext;
  /** A client begins the handshake, a server waits for it. */
  readonly side: "client" | "server";
  /**
   * Clients: the name the server's certificate must be for, unless the context has one.
   * @default the host the channel is connected to, which may be an address
   */
  readonly servername?: string;
}

/**
 * Secures a TCP channel from here on.
 *
 * Call it when the last thing to be said in plain text has been flushed: that is still sent as it is, and everything else
 * waits for the handshake. A server calls it in the same breath as it answers the request, so that nothing the client
 * sends next can be mistaken.
 *
 * Whatever plain text came behind the request or the answer is refused with TLS_PLAINTEXT_INJECTED: bytes that somebody
 * on the way has put in must not count as said under TLS. Only a handshake that has been read already goes on to TLS.
 * That holds for the decoders of `@sluice/codec`; one of your own that keeps bytes has to answer `StreamTakeoverEvent`.
 *
 * @param target The handler's context: what arrives in plain text is stopped before it. Or the channel, for those who
 * read its `messages()`.
 * @returns what was agreed on. The same is told by a `TlsHandshakeEvent`. Rejects with HANDSHAKE_TIMEOUT or one of the
 * `TLS_` codes; `exceptionCaught` gets the same error and the channel closes, so the promise may be left alone.
 * @throws CHANNEL_NOT_ACTIVE, CHANNEL_CLOSED; INVALID_ARGUMENT for a channel that is not TCP or has TLS already
 */
export function startTls(target: Channel | ChannelHandlerContext, options: StartTlsOptions): Promise<TlsSession> {
  const channel = target instanceof ChannelHandlerContext ? target.channel : target;
  const connection = plainConnection(channel);
  if (options.side === "server") options.context.requireCertificate();
  const outcome = new Promise<TlsSession>((resolve, reject) => {
    const layer = new TlsLayer(connection, {
      context: options.context,
      side: options.side,
      target: { ...addressOf(channel), ...(options.servername === undefined ? {} : { host: options.servername }) },
      isUpgrade: true,
      onHandshake: ({ session, error }) => (session === undefined ? reject(error) : resolve(session)),
    });
    guard(target, layer);
    takeOver(channel, layer);
    connection.drain(() => layer.start());
  });
  outcome.catch(() => {});
  return outcome;
}

function plainConnection(channel: Channel): SocketConnection {
  const { end } = channel.engine;
  if (!(end instanceof SocketConnection)) throw new SluiceError("INVALID_ARGUMENT", "only a TCP channel can start TLS");
  if (!channel.isOpen) throw channel.engine.closedError();
  if (!channel.isActive) throw new SluiceError("CHANNEL_NOT_ACTIVE");
  if (end.layer !== undefined) throw new SluiceError("INVALID_ARGUMENT", "the channel has TLS, or is starting it");
  return end;
}

function addressOf({ remoteAddress }: Channel): { host?: string; port?: number; path?: string } {
  if (remoteAddress === undefined || "local" in remoteAddress) return {};
  return "path" in remoteAddress
    ? { path: remoteAddress.path }
    : { host: remoteAddress.host, port: remoteAddress.port };
}

function guard(target: Channel | ChannelHandlerContext, layer: TlsLayer): void {
  const handler = new PlaintextGuard(() => layer.failed(injected("a message")));
  if (target instanceof ChannelHandlerContext && !target.isRemoved) target.pipeline.addBefore(target.name, handler);
  else target.pipeline.addLast(handler);
}

/** Gives the layer what has been read and not decoded; it will find out whether that is TLS. */
function takeOver(channel: Channel, layer: TlsLayer): void {
  const takeover = new StreamTakeoverEvent();
  channel.pipeline.fireUserEventTriggered(takeover);
  if (takeover.isInterruption) layer.failed(injected("the beginning of a message"));
  else if (channel.unreadMessages > 0) layer.failed(injected(`${channel.unreadMessages} unread message(s)`));
  else for (const bytes of takeover.unread) layer.receive(bytes);
}

function injected(what: string): SluiceError {
  return new SluiceError("TLS_PLAINTEXT_INJECTED", `${what} in plain text came behind the request to start TLS`);
}
