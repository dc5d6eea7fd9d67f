/**
 * The first handler of a worker's server: counts what comes to its door.
 *
 * Costs a listener per connection and nothing per message: bytes are asked of the connections when somebody wants to
 * know, and once more when each is over.
 */
import type { Channel } from "../channel.js";
import type { ChannelHandlerContext } from "../channel-handler-context.js";
import { ChannelInboundHandler } from "../channel-inbound-handler.js";
import { ConnectionRefusedEvent } from "../connection-refused-event.js";
import type { Connection } from "../transport.js";
import type { ServerCounters } from "./server-counters.js";

export class ConnectionCounter extends ChannelInboundHandler<Channel, Channel> {
  readonly #open = new Set<Channel>();
  #accepted = 0;
  #refused = 0;
  /** Of connections that are over. */
  #bytesRead = 0;
  #bytesWritten = 0;

  override channelRead(ctx: ChannelHandlerContext, connection: Channel): void {
    this.#accepted++;
    this.#open.add(connection);
    connection.once("close", () => this.#closed(connection));
    ctx.fireChannelRead(connection);
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event instanceof ConnectionRefusedEvent) this.#refused++;
    ctx.fireUserEventTriggered(event);
  }

  get counters(): ServerCounters {
    let bytesRead = this.#bytesRead;
    let bytesWritten = this.#bytesWritten;
    for (const { engine } of this.#open) {
      const end = engine.end as Connection;
      bytesRead += end.bytesRead ?? 0;
      bytesWritten += end.bytesWritten ?? 0;
    }
    return { connections: this.#open.size, accepted: this.#accepted, refused: this.#refused, bytesRead, bytesWritten };
  }

  #closed(connection: Channel): void {
    this.#open.delete(connection);
    const end = connection.engine.end as Connection;
    this.#bytesRead += end.bytesRead ?? 0;
    this.#bytesWritten += end.bytesWritten ?? 0;
  }
}
