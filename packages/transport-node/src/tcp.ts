import type { NetConnectOpts, Socket } from "node:net";
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { ChannelOption, formatAddress, type Transport } from "@sluice/core";
import { clusterHost } from "./cluster-host.js";
import { KeepAlive } from "./keep-alive.js";
import { reusePort } from "./reuse-port.js";
import { SocketConnection } from "./socket-connection.js";
import type { SocketKind, SocketSettings } from "./socket-kind.js";
import { SocketListener } from "./socket-listener.js";
import { addressesOf } from "./tcp-addresses.js";

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
 * and SO_REUSEPORT (servers; the latter since Node 22.12), and all of the engine's. All but those two may be changed while
 * the channel lives. Its servers may have workers.
 *
 * A forced close, and one that had to give up sending, resets the connection: the peer must not take what it got for all
 * there was.
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap().transport(tcp()).childHandler(init).bind({ port: 9000 });
 * ```
 */
export function tcp(options: TcpOptions = {}): Transport<ByteBuf, ByteBuf> {
  const shared = options.sharedReadBuffer ?? true;
  const kind = tcpKind(options);
  return {
    name: "tcp",
    createConnection: (signals) => new SocketConnection(signals, kind, shared),
    createListener: (signals) => new SocketListener(signals, kind, shared),
    workers: clusterHost,
  };
}

/** What TLS over it shares. */
export function tcpKind({ ifUnsupported }: TcpOptions): SocketKind {
  return {
    label: "TCP",

    describe: ({ host = "localhost", port = 0 }) => formatAddress({ host, port }),

    connectOptions({ host = "localhost", port, path, localAddress, localPort }) {
      refusePath(path);
      return { host, port, localAddress, localPort, noDelay: true } as NetConnectOpts;
    },

    listenOptions({ host, port = 0, path }) {
      refusePath(path);
      return host === undefined ? { port } : { host, port };
    },

    connectedAddresses: (socket) => addressesOf(socket),
    acceptedAddresses: (socket) => addressesOf(socket),
    accepted: (socket) => void socket.setNoDelay(true),
    createSettings: () => new TcpSettings(ifUnsupported),
    reusePort: (value) => reusePort(value, { ifUnsupported }),

    wasReset(socket) {
      // When a reset arrives behind bytes that have not been read yet, libuv hands over the bytes and then an end, not
      // the error. A write of nothing asks the system: it sends nothing, and fails if the connection is broken. Writes
      // that are under way find out by themselves, and after our own end of stream there is nothing to ask with.
      if (!socket.writable || socket.writableLength > 0) return false;
      socket.write(NOTHING);
      return socket.errored !== null;
    },

    cut(socket) {
      // `resetAndDestroy` would send what is queued and our end of stream first; only `destroy` is at once. A socket that
      // has said its end already cannot be reset.
      if (!socket.connecting && !socket.writableEnded) (socket as { resetAndClosing?: boolean }).resetAndClosing = true;
      socket.destroy();
    },
  };
}

class TcpSettings implements SocketSettings {
  readonly #ifUnsupported: TcpOptions["ifUnsupported"];
  #noDelay: boolean | undefined;
  #keepAlive: KeepAlive | undefined;

  constructor(ifUnsupported: TcpOptions["ifUnsupported"]) {
    this.#ifUnsupported = ifUnsupported;
  }

  set(option: ChannelOption<unknown>, value: unknown): boolean {
    if (option === ChannelOption.TCP_NODELAY) this.#noDelay = value as boolean;
    else if (KeepAlive.has(option)) {
      this.#keepAlive ??= new KeepAlive({ ifUnsupported: this.#ifUnsupported });
      this.#keepAlive.set(option, value);
    } else return false;
    return true;
  }

  applyTo(socket: Socket): void {
    if (this.#noDelay !== undefined) socket.setNoDelay(this.#noDelay);
    this.#keepAlive?.applyTo(socket);
  }
}

function refusePath(path: string | undefined): void {
  if (path !== undefined) throw new SluiceError("INVALID_ARGUMENT", "TCP has no paths; unix() is for them");
}

const NOTHING = Buffer.alloc(0);
