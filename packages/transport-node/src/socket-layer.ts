/**
 * What may stand between a socket and its channel.
 *
 * ```
 *   channel ◀──▶ SocketConnection ◀──▶ stream ◀──▶ layer ◀──▶ socket
 *                        │                          ▲            │
 *                        │                          └────────────┘  what the socket tells goes to the layer
 *                        └── without a layer the stream is the socket itself
 * ```
 *
 * A connection that has a layer hands everything its socket tells to it. The layer tells the connection when a stream is
 * there to go on with ({@link SocketConnection.carry}) and when it may be used ({@link SocketConnection.release}).
 */
import type { ByteBuf } from "@sluice/buffer";
import type { ConnectOptions } from "@sluice/core";
import type { SocketConnection } from "./socket-connection.js";

export interface SocketLayer {
  /** Takes what the socket has read; returns whether it may read on by itself. `resume` makes it go on later. */
  receive(bytes: ByteBuf): boolean;
  /** The socket has read the peer's end of stream. */
  inputEnded(): void;
  failed(error: Error): void;
  /** The socket is gone. */
  closed(): void;
  /** Whether it has just told the peer why it gives up, so that the socket should end in order. */
  readonly hasLastWord: boolean;
}

/**
 * What a new connection does before its channel is active: it puts a layer on it, and the layer ends in
 * {@link SocketConnection.release} or {@link SocketConnection.fail}.
 *
 * @param target Where a client has connected to; undefined at a server.
 */
export type Opening = (connection: SocketConnection, target: ConnectOptions | undefined) => void;
