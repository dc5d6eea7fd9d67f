/**
 * The in-process transport: servers have names, messages travel as the objects they are.
 *
 * Use it between parts of one program, and in tests where a real pair of channels is wanted without a socket.
 * It behaves as a connection does: nothing arrives inside the sender's call, what nobody reads stays in the sender's
 * queue and counts towards its water marks, directions close one by one, and `closeForcibly` is a reset for the peer.
 * A `ByteBuf` arrives as a duplicate over the same memory; every other message is the same object on both sides.
 *
 * Messages travel in microtasks. Two ends that answer each other without a pause therefore keep timers and sockets
 * waiting, as promises that do so would.
 *
 * @example
 * ```ts
 * const server = await new ServerBootstrap()
 *   .transport(local())
 *   .childHandler((p) => p.addLast({ channelRead: (ctx, message) => ctx.writeAndFlush(message) }))
 *   .bind({ local: "echo" });
 * const channel = await new Bootstrap().transport(local()).connect({ local: "echo" });
 * ```
 */
import type { Transport } from "../transport.js";
import { LocalConnection } from "./local-connection.js";
import { LocalListener } from "./local-listener.js";

/**
 * Channels inside this process, named by `{ local: "name" }` in `bind` and `connect`.
 *
 * @throws (rejects, from `bind`) ADDRESS_IN_USE, INVALID_ARGUMENT
 * @throws (rejects, from `connect`) CONNECT_REFUSED when there is no such server or its backlog is full, INVALID_ARGUMENT
 */
export function local(): Transport<any, any> {
  return LOCAL;
}

const LOCAL: Transport<any, any> = {
  name: "local",
  createConnection: (signals) => new LocalConnection(signals),
  createListener: (signals) => new LocalListener(signals),
};
