/**
 * What an {@link IdleStateHandler} fires as a user event.
 *
 * There are six of them, made once, so they may be compared by identity:
 *
 * @example
 * ```ts
 * pipeline.addLast({
 *   userEventTriggered(ctx, event) {
 *     if (event instanceof IdleStateEvent && event.state === "READER_IDLE") ctx.close();
 *     else ctx.fireUserEventTriggered(event);
 *   },
 * });
 * ```
 */

/** Which direction has been silent: nothing read, no write completed, or neither. */
export type IdleState = "READER_IDLE" | "WRITER_IDLE" | "ALL_IDLE";

export class IdleStateEvent {
  static readonly FIRST_READER_IDLE = new IdleStateEvent("READER_IDLE", true);
  static readonly READER_IDLE = new IdleStateEvent("READER_IDLE", false);
  static readonly FIRST_WRITER_IDLE = new IdleStateEvent("WRITER_IDLE", true);
  static readonly WRITER_IDLE = new IdleStateEvent("WRITER_IDLE", false);
  static readonly FIRST_ALL_IDLE = new IdleStateEvent("ALL_IDLE", true);
  static readonly ALL_IDLE = new IdleStateEvent("ALL_IDLE", false);

  readonly state: IdleState;
  /** Whether this is the first event of its state since there was traffic. */
  readonly first: boolean;

  private constructor(state: IdleState, first: boolean) {
    this.state = state;
    this.first = first;
  }

  /** The one event of that description. */
  static of(state: IdleState, first: boolean): IdleStateEvent {
    switch (state) {
      case "READER_IDLE":
        return first ? IdleStateEvent.FIRST_READER_IDLE : IdleStateEvent.READER_IDLE;
      case "WRITER_IDLE":
        return first ? IdleStateEvent.FIRST_WRITER_IDLE : IdleStateEvent.WRITER_IDLE;
      case "ALL_IDLE":
        return first ? IdleStateEvent.FIRST_ALL_IDLE : IdleStateEvent.ALL_IDLE;
    }
  }

  toString(): string {
    return `IdleStateEvent(${this.state}${this.first ? ", first" : ""})`;
  }
}
