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
  /**
   * What becomes of an option that TCP has and this version of Node cannot set, such as TCP_KEEPINTVL before Node 26.4:
   * OPTION_UNSUPPORTED, or nothing at all. Options that TCP does not have are refused in any case.
   * @default "refuse"
   */
  readonly ifUnsupported?: "refuse" | "ignore";
}

/**
 * TCP over `node:net`, for servers and clients.
 *
 * Channel options: TCP_NODELAY, SO_KEEPALIVE and TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT (Node 26.4), SO_BACKLOG
 * (servers), and all of the engine's. All but SO_BACKLOG may be changed while the channel lives.
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap().transport(tcp()).childHandler(init).bind({ port: 9000 });
 * ```
 */
export function tcp(options: TcpOptions = {}): Transport<ByteBuf, ByteBuf> {
  return {
    name: "tcp",
    createConnection: (signals) => new TcpConnection(signals, options),
    createListener: (signals) => new TcpListener(signals, options),
  };
}
