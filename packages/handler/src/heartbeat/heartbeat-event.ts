/**
 * What a `HeartbeatHandler` or a `SilenceSweep` fires as a user event.
 *
 * @example
 * ```ts
 * pipeline.addLast({
 *   userEventTriggered(ctx, event) {
 *     if (event instanceof HeartbeatEvent && event.kind === "missed") console.warn(`${event.missed} missed`);
 *     ctx.fireUserEventTriggered(event);
 *   },
 * });
 * ```
 */
import type { RoundTripTime } from "./round-trip-time.js";

/**
 * - `sent`: we have written a ping.
 * - `received`: a ping or a pong has arrived.
 * - `missed`: no sign of life within the time.
 * - `dead`: that was the last one allowed; the channel is about to be closed, unless its owner decides otherwise.
 */
export type HeartbeatEventKind = "sent" | "received" | "missed" | "dead";

export class HeartbeatEvent {
  static readonly SENT = new HeartbeatEvent("sent", 0, undefined);
  static readonly RECEIVED = new HeartbeatEvent("received", 0, undefined);

  readonly kind: HeartbeatEventKind;
  /** Misses in a row, this one included; 0 for the other kinds. */
  readonly missed: number;
  /** With a pong that was measured. */
  readonly roundTripTime: RoundTripTime | undefined;

  private constructor(kind: HeartbeatEventKind, missed: number, roundTripTime: RoundTripTime | undefined) {
    this.kind = kind;
    this.missed = missed;
    this.roundTripTime = roundTripTime;
  }

  /** @internal */
  static measured(roundTripTime: RoundTripTime): HeartbeatEvent {
    return new HeartbeatEvent("received", 0, roundTripTime);
  }

  /** @internal */
  static missed(missed: number): HeartbeatEvent {
    return new HeartbeatEvent("missed", missed, undefined);
  }

  /** @internal */
  static dead(missed: number): HeartbeatEvent {
    return new HeartbeatEvent("dead", missed, undefined);
  }

  toString(): string {
    return `HeartbeatEvent(${this.kind}${this.missed > 0 ? ` ${this.missed}` : ""})`;
  }
}
