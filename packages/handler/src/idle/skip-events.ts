/**
 * Makes one instance of a handler class not implement some of its events, because its options leave nothing to do.
 *
 * A pipeline looks at each handler once, when it is added, and steps over it for events it has no method for. So an
 * own property without a value costs a lookup when the handler is added, and saves a call per event ever after. What
 * a subclass has overridden stays: the author of the subclass wants to be called.
 */
import type { ChannelHandler } from "@sluice/core";

export function skipEvents<H extends ChannelHandler>(
  handler: H,
  prototype: H,
  events: readonly (keyof ChannelHandler)[],
): void {
  for (const event of events) {
    if (handler[event] === prototype[event]) (handler as Record<string, unknown>)[event] = undefined;
  }
}
