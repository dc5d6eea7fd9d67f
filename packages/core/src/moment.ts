/**
 * A moment that has been marked; what its time is may be found out later.
 *
 * Looking at a host's clock takes some 50 ns, as long as a message takes through ten handlers. Who marks the moment of
 * every read, and wants to know about one of a million of them, calls {@link markOn} and asks {@link timeOf} that one.
 */
import type { Clock } from "./clock.js";

/** The time itself, or what will know it. */
export type Moment = number | { readonly timeMs: number };

/** When that was, on the scale of the clock's `now()`; never before it was marked. */
export function timeOf(moment: Moment): number {
  return typeof moment === "number" ? moment : moment.timeMs;
}

/** The present moment of a clock. */
export function markOn(clock: Clock): Moment {
  return clock.mark === undefined ? clock.now() : clock.mark();
}
