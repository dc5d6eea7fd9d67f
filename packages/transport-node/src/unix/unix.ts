import { chmodSync, existsSync } from "node:fs";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import type { BindOptions, Transport } from "@sluice/core";
import { SocketConnection } from "../socket-connection.js";
import type { SocketKind } from "../socket-kind.js";
import { SocketListener } from "../socket-listener.js";
import { checkedPath } from "./socket-path.js";
import { removeStaleSocket } from "./stale-socket.js";

/** How the Unix domain transport works. */
export interface UnixOptions {
  /**
   * Permissions of the socket's file, as for `chmod`: who may connect needs to write to it. They are set right after
   * the file has come into being; to exclude even that moment, put it into a directory that others may not enter.
   * Windows' named pipes have none.
   * @default what the process's umask leaves
   */
  readonly mode?: number;
  /**
   * Whether `bind` may take a path that a dead server has left behind: when it is a socket and nobody answers there.
   * @default false: ADDRESS_IN_USE
   */
  readonly replaceStale?: boolean;
  /** Read into one buffer shared by all sockets, as {@link TcpOptions.sharedReadBuffer} says. @default true */
  readonly sharedReadBuffer?: boolean;
}

/**
 * Unix domain sockets, and named pipes on Windows: connections inside one machine, named by a path.
 *
 * Use it between processes of one machine: the file system says who may connect, and no port is taken. The file is
 * there from `bind` until the server has closed. A client has no path of its own: at either end its address is
 * `{ path: "" }`. Half-closure, back-pressure and closing are TCP's; only a reset cannot be told from an end, as the
 * system has none for these sockets.
 *
 * Channel options: SO_BACKLOG (servers) and all of the engine's; those of TCP are OPTION_UNSUPPORTED.
 *
 * @throws (rejects, from `bind`) ADDRESS_IN_USE; ADDRESS_UNAVAILABLE if the directory is missing or not writable;
 * BIND_FAILED if the mode cannot be set; INVALID_ARGUMENT without a path or if it is longer than the system's 107 bytes
 * @throws (rejects, from `connect`) CONNECT_REFUSED when nobody listens there or the backlog is full; CONNECT_FAILED
 * without the permission; INVALID_ARGUMENT
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap()
 *   .transport(unix({ mode: 0o660, replaceStale: true }))
 *   .childHandler(init)
 *   .bind({ path: "/run/service.sock" });
 * ```
 */
export function unix(options: UnixOptions = {}): Transport<ByteBuf, ByteBuf> {
  const shared = options.sharedReadBuffer ?? true;
  const kind = unixKind(options);
  return {
    name: "unix",
    createConnection: (signals) => new SocketConnection(signals, kind, shared),
    createListener: (signals) => new SocketListener(signals, kind, shared),
  };
}

function unixKind({ mode, replaceStale = false }: UnixOptions): SocketKind {
  return {
    label: "Unix",
    describe: ({ path }) => String(path),
    connectOptions: ({ path }) => ({ path: checkedPath(path) }),
    listenOptions: ({ path }) => ({ path: inDirectory(checkedPath(path)) }),
    connectedAddresses: (_socket, { path }) => ({ localAddress: UNNAMED, remoteAddress: { path: path as string } }),
    acceptedAddresses: (_socket, address) => ({ localAddress: address, remoteAddress: UNNAMED }),
    // To a Unix socket every peer that has closed is gone: it cannot be told how.
    wasReset: () => false,
    cut: (socket: Socket) => socket.destroy(),
    ...(mode === undefined ? {} : { listening: (options: BindOptions) => setMode(options.path as string, mode) }),
    ...(replaceStale ? { reclaim: (options: BindOptions) => removeStaleSocket(options.path as string) } : {}),
  };
}

/** Without its directory the system would say that permission is denied. */
function inDirectory(path: string): string {
  if (process.platform === "win32" || existsSync(dirname(path))) return path;
  throw new SluiceError("ADDRESS_UNAVAILABLE", `cannot listen on ${path}: its directory does not exist`);
}

function setMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (cause) {
    throw new SluiceError("BIND_FAILED", `cannot set the mode of ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** What a client's end is called: the system gives it no path. */
const UNNAMED = { path: "" } as const;
