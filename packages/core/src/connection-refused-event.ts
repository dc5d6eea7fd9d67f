/**
 * What a server does with a connection it does not want, and what it tells about it.
 *
 * ```
 *   accepted ──▶ [ filter ] ──▶ [ limit ] ──▶ acceptor ──▶ its own pipeline
 *                    │              │            │
 *                    └── refused ───┴── refused ─┘ ──▶ closed at once; ConnectionRefusedEvent to the server's handlers
 * ```
 *
 * It is closed before it has handlers, an answer or a place among the server's children. Nothing is logged: the event
 * travels through the server's pipeline from its head, so a handler there may count, log or ban.
 */
import type { SluiceError } from "@sluice/buffer";
import type { Channel } from "./channel.js";
import type { ChannelHandlerContext } from "./channel-handler-context.js";

/** A user event of the server's pipeline. */
export class ConnectionRefusedEvent {
  /** Closed by now; its `remoteAddress` is still there. */
  readonly channel: Channel;
  readonly reason: SluiceError;

  constructor(channel: Channel, reason: SluiceError) {
    this.channel = channel;
    this.reason = reason;
  }

  toString(): string {
    return `ConnectionRefusedEvent(${this.reason.code})`;
  }
}

/**
 * Closes an accepted connection at once and tells the server's handlers: for handlers of a server's own pipeline, in
 * place of passing the connection on.
 *
 * @param reason Becomes the connection's `closeCause`.
 *
 * @example
 * ```ts
 * new ServerBootstrap().handler((p) =>
 *   p.addLast({
 *     channelRead(ctx, connection) {
 *       if (isOpeningHour()) ctx.fireChannelRead(connection);
 *       else refuseConnection(ctx, connection, new SluiceError("ADDRESS_REJECTED", "we are closed"));
 *     },
 *   }),
 * );
 * ```
 */
export function refuseConnection(ctx: ChannelHandlerContext, connection: Channel, reason: SluiceError): void {
  connection.engine.destroy(reason);
  ctx.pipeline.fireUserEventTriggered(new ConnectionRefusedEvent(connection, reason));
}
