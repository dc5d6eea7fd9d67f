/**
 * Which handlers may be in more than one place.
 *
 * A handler that keeps state per connection would mix up its connections if it were shared, so a handler may be
 * added once in its life unless it says it is sharable: by a field `sharable = true`, or with the `@Sharable`
 * class decorator of `@sluice/core/decorators`.
 */
import { SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "./channel-handler.js";

const sharableClasses = new WeakSet<object>();
/**
 * The mark of a handler that has been added; on the handler itself, since a set of all handlers would outgrow them. Its
 * value is the handler, so that a copy does not count as added.
 */
const ADDED = Symbol("sluice.added");
/** Handlers that cannot carry the mark. */
const addedFrozen = new WeakSet<ChannelHandler>();

/** Declares all instances of a class, and of its subclasses, sharable. */
export function markSharable(handlerClass: abstract new (...args: any[]) => object): void {
  sharableClasses.add(handlerClass.prototype as object);
}

export function isSharable(handler: ChannelHandler): boolean {
  if (handler.sharable !== undefined) return handler.sharable;
  let prototype = Object.getPrototypeOf(handler) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    if (sharableClasses.has(prototype)) return true;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return false;
}

/** Called for each adding of a handler. @throws HANDLER_NOT_SHARABLE on the second of one that is not sharable. */
export function noteAdded(handler: ChannelHandler): void {
  if ((handler as Marked)[ADDED] !== handler && !addedFrozen.has(handler)) markAdded(handler);
  else if (!isSharable(handler)) {
    throw new SluiceError(
      "HANDLER_NOT_SHARABLE",
      `this ${handler.constructor?.name ?? "handler"} has been added before; make a new one for each channel, or mark it sharable`,
    );
  }
}

type Marked = ChannelHandler & { [ADDED]?: ChannelHandler };

function markAdded(handler: Marked): void {
  if (Object.isExtensible(handler)) handler[ADDED] = handler;
  else addedFrozen.add(handler);
}
