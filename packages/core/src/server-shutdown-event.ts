/**
 * The user event that tells every connection of a server that the server ends: the moment to say goodbye.
 *
 * It is fired once per connection, before the server closes anything, and is the same object for all of them. A
 * handler may write a last message, stop taking requests, or close its channel; one that does nothing is fine too.
 *
 * @example
 * ```ts
 * pipeline.addLast({
 *   userEventTriggered(ctx, event) {
 *     if (event instanceof ServerShutdownEvent) ctx.writeAndFlush("bye");
 *     ctx.fireUserEventTriggered(event);
 *   },
 * });
 * ```
 */
export class ServerShutdownEvent {
  /** When the connections that are left are cut, on the scale of `ctx.clock.now()`. */
  readonly deadline: number;
  /** How many milliseconds a connection has to be quiet before the server closes it; with 0 that comes next. */
  readonly quietMs: number;

  constructor(deadline: number, quietMs: number) {
    this.deadline = deadline;
    this.quietMs = quietMs;
  }
}
