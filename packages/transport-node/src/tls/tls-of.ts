import type { Channel } from "@sluice/core";
import { SocketConnection } from "../socket-connection.js";
import type { TlsSession } from "./tls-handshake-event.js";
import { TlsLayer } from "./tls-layer.js";

/**
 * What the handshake of a channel agreed on, the peer's certificate among it; undefined for a channel that is not secured
 * by TLS (yet).
 */
export function tlsOf(channel: Channel): TlsSession | undefined {
  const { end } = channel.engine;
  const layer = end instanceof SocketConnection ? end.layer : undefined;
  return layer instanceof TlsLayer ? layer.session : undefined;
}
