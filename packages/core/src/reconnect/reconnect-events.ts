/**
 * What happens to a reconnecting client, and what listeners get of it.
 *
 * ```
 *   connecting ─┬─ ready ── disconnected ─┬─ waiting ── connecting …
 *               └─ attemptFailed ─────────┴─ stopped
 * ```
 *
 * `unsent` and `uncertain` come whenever messages fail. Nothing comes after `stopped`, which comes once.
 */
import type { SluiceError } from "@sluice/buffer";
import type { Channel } from "../channel.js";
import type { ReconnectTarget } from "./reconnect-options.js";

/** Events and what their listeners get. */
export interface ReconnectEvents<In = any, Out = any> {
  /** Attempts count from 1, and from 1 again after a stable channel was lost. */
  connecting: [attempt: number, server: ReconnectTarget];
  /** An attempt came to nothing: not connected, not prepared, or lost before it was. */
  attemptFailed: [error: Error, attempt: number, server: ReconnectTarget];
  /** Connected and prepared; messages flow. */
  ready: [channel: Channel<In, Out>];
  /** The channel that was ready is over; the error, if any, is why. */
  disconnected: [cause: Error | undefined];
  /** The next attempt comes after a delay. */
  waiting: [delayMs: number, attempt: number];
  /** Messages of which no byte has left, in the order of the calls, and what their promises failed with. */
  unsent: [messages: readonly Out[], error: Error];
  /** Messages that may have been delivered, in the order of the writes; DELIVERY_UNCERTAIN with its cause. */
  uncertain: [messages: readonly Out[], error: SluiceError];
  /** A listener threw. If nobody listens to this, the client stops with it. */
  error: [error: Error];
  /** It is over; the error, if any, is why. */
  stopped: [cause: Error | undefined];
}
