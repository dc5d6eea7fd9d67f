import type { ByteBuf } from "@sluice/buffer";
import type { Transport } from "@sluice/core";
import { TcpConnection } from "./tcp-connection.js";
import { TcpListener } from "./tcp-listener.js";

/** How the TCP transport works; what a single socket does is set by channel options. */
export interface TcpOptions {
  /**
   * Read into one buffer shared by all sockets. Takes Node's `onread`, which for accepted sockets needs an
   * undocumented constructor option; where that is missing, or this is false, sockets read through `data` events.
   * @default true
   */
  readonly sharedReadBuffer?: boolean;
}

/**
 * TCP over `node:net`, for servers and clients.
 *
 * Channel options: TCP_NODELAY, SO_KEEPALIVE, SO_BACKLOG (servers) and all of the engine's.
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap().transport(tcp()).childHandler(init).bind({ port: 9000 });
 * ```
 */
export function tcp(options: TcpOptions = {}): Transport<ByteBuf, ByteBuf> {
  const shared = options.sharedReadBuffer ?? true;
  return {
    name: "tcp",
    createConnection: (signals) => new TcpConnection(signals, shared),
    createListener: (signals) => new TcpListener(signals, shared),
  };
}
