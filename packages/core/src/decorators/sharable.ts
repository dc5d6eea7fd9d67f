/**
 * Says that one instance of a handler class may be added to many pipelines.
 *
 * Works under both conventions: standard decorators, and TypeScript's `experimentalDecorators`. The field
 * `sharable = true` says the same without a decorator, and `sharable = false` takes it back in a subclass.
 *
 * Other tools find the mark as reflect-metadata under "sluice:sharable"; the core keeps a note of its own, so that it
 * does not depend on a polyfill.
 *
 * @example
 * ```ts
 * @Sharable
 * class Counter extends PassThroughHandler {}
 * ```
 */
import "reflect-metadata";
import { SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "../channel-handler.js";
import { markSharable } from "../sharable.js";

/** The key of the metadata; its value is `true`. */
const SHARABLE = "sluice:sharable";

type HandlerClass = abstract new (...args: any[]) => ChannelHandler;
type SharableDecorator = (handlerClass: HandlerClass, context?: ClassDecoratorContext) => void;

/** Marks a class, and its subclasses, as sharable: `@Sharable` or `@Sharable()`. @throws INVALID_ARGUMENT elsewhere */
export function Sharable(): SharableDecorator;
export function Sharable(handlerClass: HandlerClass, context?: ClassDecoratorContext): void;
export function Sharable(handlerClass?: HandlerClass, context?: ClassDecoratorContext): SharableDecorator | undefined {
  if (handlerClass === undefined && context === undefined) return mark;
  return mark(handlerClass, context);
}

function mark(handlerClass: HandlerClass | undefined, context?: ClassDecoratorContext): undefined {
  // Both conventions call a class decorator with the class first; only the standard one says what it decorates.
  const isClass = typeof handlerClass === "function" && (context === undefined || context.kind === "class");
  if (!isClass) throw new SluiceError("INVALID_ARGUMENT", "@Sharable decorates handler classes");
  Reflect.defineMetadata(SHARABLE, true, handlerClass);
  markSharable(handlerClass);
}
