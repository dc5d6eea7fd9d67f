/**
 * What distinguishes the kinds of stream sockets: how they are addressed, which options they have, how they end.
 *
 * ```
 *   tcp() ──── TCP kind ───┐
 *                          ├──▶ SocketConnection, SocketListener ──▶ node:net
 *   unix() ─── Unix kind ──┘
 * ```
 *
 * The two ends are the same code for all of them.
 */
import type { ListenOptions, NetConnectOpts, Socket } from "node:net";
import type { BindOptions, ChannelOption, ConnectOptions, SocketAddress } from "@sluice/core";
import type { Opening } from "./socket-layer.js";

/** Where the two ends of a connection are. */
export interface SocketAddresses {
  readonly localAddress: SocketAddress | undefined;
  readonly remoteAddress: SocketAddress | undefined;
}

/** The channel options of one connection. They may come before it has a socket, and while it lives. */
export interface SocketSettings {
  /** @returns whether there is such an option. @throws INVALID_ARGUMENT; OPTION_UNSUPPORTED if this Node has it not */
  set(option: ChannelOption<unknown>, value: unknown): boolean;
  /** Tells a connected socket all that has been set. */
  applyTo(socket: Socket): void;
}

export interface SocketKind {
  /** For error messages: `a TCP connection has no SO_BACKLOG`. */
  readonly label: string;

  /** For error messages: where to connect or to listen. */
  describe(options: ConnectOptions | BindOptions): string;
  /** @throws INVALID_ARGUMENT */
  connectOptions(options: ConnectOptions): NetConnectOpts;
  /** @throws INVALID_ARGUMENT */
  listenOptions(options: BindOptions): ListenOptions;
  /** What SO_REUSEPORT adds to them; without it there is no such option. @throws OPTION_UNSUPPORTED */
  reusePort?(value: boolean): ListenOptions;

  /** Of the socket that has been connected with `options`. */
  connectedAddresses(socket: Socket, options: ConnectOptions): SocketAddresses;
  /** Of a socket that was accepted by the server at `address`. */
  acceptedAddresses(socket: Socket, address: SocketAddress): SocketAddresses;

  /** What an accepted socket is told before its channel's options. */
  accepted?(socket: Socket): void;
  /** Made when a connection is given its first option; without it there are none. */
  createSettings?(): SocketSettings;

  /** What its connections do before their channels are active. */
  readonly opening?: Opening;
  /** Whether what looks like the end of input is a reset; its `error` event comes next. */
  wasReset(socket: Socket): boolean;
  /** Ends a socket at once; so that its peer can tell it from an orderly end, if that is possible. */
  cut(socket: Socket): void;
  /** The server listens, and nobody knows it yet. @throws what the bind is to fail with */
  listening?(options: BindOptions): void;
  /** The address is taken: makes it free if nobody is there. @returns whether to try again */
  reclaim?(options: BindOptions): Promise<boolean>;
}
