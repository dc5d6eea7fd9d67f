import type { ByteBuf } from "@sluice/buffer";
import type { Transport } from "@sluice/core";
import { clusterHost } from "../cluster-host.js";
import { SocketConnection } from "../socket-connection.js";
import type { SocketKind } from "../socket-kind.js";
import { SocketListener } from "../socket-listener.js";
import { type TcpOptions, tcpKind } from "../tcp.js";
import { FirstByteLayer } from "./first-byte-layer.js";
import { TlsContext } from "./tls-context.js";
import { TlsLayer } from "./tls-layer.js";
import type { TlsOptions } from "./tls-options.js";

/** A context, or what to make one of, and how the sockets below work. */
export type TlsTransportOptions = TcpOptions & (TlsOptions | { readonly context: TlsContext });

/**
 * TLS over TCP, for servers and clients.
 *
 * A channel is active once the handshake is complete and the peer has been verified; a `TlsHandshakeEvent` follows, and
 * {@link tlsOf} tells the same later. Before that nothing of the application is sent. A client verifies the server's
 * certificate and name, and there is no TLS below 1.2.
 *
 * Channel options are those of TCP, and servers may have workers. Half-closure is TLS's own: `shutdownOutput` sends close_notify and the end of the
 * stream; a peer may answer after that, but in TLS 1.2 many do not.
 *
 * Errors, from `connect` and at servers on the accepted channel: HANDSHAKE_TIMEOUT, the codes that begin with `TLS_`, and
 * those of TCP. Throws INVALID_ARGUMENT for certificates that cannot be used.
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap().transport(tls({ cert, key })).childHandler(init).bind({ port: 9443 });
 * const channel = await new Bootstrap().transport(tls({ ca })).handler(init).connect({ host: "example.org", port: 9443 });
 * ```
 */
export function tls(options: TlsTransportOptions = {}): Transport<ByteBuf, ByteBuf> {
  const context = "context" in options ? options.context : new TlsContext(options);
  const shared = options.sharedReadBuffer ?? true;
  const kind = secured(tcpKind(options), context);
  return {
    name: "tls",
    createConnection: (signals) => new SocketConnection(signals, kind, shared),
    createListener: (signals) => {
      context.requireCertificate();
      return new SocketListener(signals, kind, shared);
    },
    workers: clusterHost,
  };
}

function secured(kind: SocketKind, context: TlsContext): SocketKind {
  return {
    ...kind,
    label: "TLS",
    opening(connection, target) {
      if (target !== undefined) new TlsLayer(connection, { context, side: "client", target }).start();
      else if (context.rules.allowPlaintext) new FirstByteLayer(connection, context);
      else new TlsLayer(connection, { context, side: "server" }).start();
    },
  };
}
