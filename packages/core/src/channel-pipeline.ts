/**
 * The handlers of one channel, in order.
 *
 * `In` is what has reached the tail so far, `Out` what may be written there. `addLast` checks that a handler
 * fits and returns the pipeline with the types behind it, so a chain is checked line by line:
 *
 * ```
 *                       In = ByteBuf, Out = ByteBuf
 *   .addLast(framer)    In = ByteBuf, Out = ByteBuf
 *   .addLast(json)      In = Request, Out = Reply
 * ```
 *
 * Pipelines may be edited at any time, also by their own handlers in the middle of an event. Those edits
 * (`addFirst`, `addBefore`, `remove`, `replace` …) are not type-checked: what flows may depend on the moment.
 *
 * Lookup takes a handler's name, the handler itself or its class; the first match wins.
 */
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "./channel.js";
import type {
  ChannelHandler,
  Fits,
  InboundAfter,
  OutboundAfter,
  PlainHandler,
  TypedHandler,
} from "./channel-handler.js";
import { ChannelHandlerContext } from "./channel-handler-context.js";
import type { Completion } from "./channel-promise.js";
import { EVENT } from "./handler-events.js";
import { noteAdded } from "./sharable.js";

/** How a handler is named in a lookup: its name, itself, or its class. */
export type HandlerKey<H extends ChannelHandler = ChannelHandler> = string | H | HandlerClass<H>;
export type HandlerClass<H extends ChannelHandler = ChannelHandler> = abstract new (...args: any[]) => H;

export class ChannelPipeline<In = any, Out = any> {
  readonly channel: Channel<any, any>;
  /** Head and tail in one: the list of contexts is a ring that begins and ends here. */
  readonly #ends: ChannelHandlerContext;
  #isDismantled = false;
  /** Phantoms, so that pipelines of different types are not mistaken for each other. */
  declare readonly "~in": In;
  declare readonly "~out": (message: Out) => void;

  /** @internal */
  constructor(channel: Channel<any, any>, ends: ChannelHandler) {
    this.channel = channel;
    this.#ends = new ChannelHandlerContext(this, ends, "ends");
  }

  // ── composition ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Adds a handler before the tail.
   *
   * @throws DUPLICATE_HANDLER_NAME, HANDLER_NOT_SHARABLE
   */
  addLast(handler: PlainHandler<In, Out>): ChannelPipeline<In, Out>;
  addLast<H extends TypedHandler>(
    handler: H & Fits<H, In, Out>,
  ): ChannelPipeline<InboundAfter<H, In>, OutboundAfter<H, Out>>;
  addLast(name: string, handler: PlainHandler<In, Out>): ChannelPipeline<In, Out>;
  addLast<H extends TypedHandler>(
    name: string,
    handler: H & Fits<H, In, Out>,
  ): ChannelPipeline<InboundAfter<H, In>, OutboundAfter<H, Out>>;
  /** A list keeps its order; its types are not followed, so nothing may be assumed behind it. */
  addLast(first: ChannelHandler, second: ChannelHandler, ...more: ChannelHandler[]): ChannelPipeline<unknown, never>;
  addLast(...args: HandlerArguments): ChannelPipeline<any, any> {
    for (const [name, handler] of named(args)) this.#insert(handler, name, this.#ends);
    return this;
  }

  /** Adds handlers after the head, in the given order. */
  addFirst(...args: HandlerArguments): this {
    const before = this.#ends.next;
    for (const [name, handler] of named(args)) this.#insert(handler, name, before);
    return this;
  }

  /** @throws HANDLER_NOT_FOUND, DUPLICATE_HANDLER_NAME, HANDLER_NOT_SHARABLE */
  addBefore(key: HandlerKey, ...args: HandlerArguments): this {
    const before = this.#require(key);
    for (const [name, handler] of named(args)) this.#insert(handler, name, before);
    return this;
  }

  /** @throws HANDLER_NOT_FOUND, DUPLICATE_HANDLER_NAME, HANDLER_NOT_SHARABLE */
  addAfter(key: HandlerKey, ...args: HandlerArguments): this {
    const before = this.#require(key).next;
    for (const [name, handler] of named(args)) this.#insert(handler, name, before);
    return this;
  }

  /** Takes a handler out and returns it. @throws HANDLER_NOT_FOUND */
  remove(key: HandlerKey): ChannelHandler {
    const context = this.#require(key);
    this.#unlink(context);
    this.#callRemoved(context);
    return context.handler;
  }

  /**
   * Puts `replacement` where `key` was: it is added before the old handler is removed, so whatever the old one
   * still passes on during its removal reaches the new one. Without a name the old one's is kept.
   *
   * @returns the handler taken out
   * @throws HANDLER_NOT_FOUND, DUPLICATE_HANDLER_NAME, HANDLER_NOT_SHARABLE
   */
  replace(
    key: HandlerKey,
    ...args: [handler: ChannelHandler] | [name: string, handler: ChannelHandler]
  ): ChannelHandler {
    const old = this.#require(key);
    const [name, handler] = args.length === 1 ? [old.name, args[0]] : args;
    if (name !== old.name) this.#refuseDuplicate(name);
    noteAdded(handler);
    const context = new ChannelHandlerContext(this, handler, name);
    context.prev = old.prev;
    context.next = old.next;
    old.prev.next = context;
    old.next.prev = context;
    old.prev = old.next = context;
    this.#relink();
    this.#passTo(old, context);
    this.#callAdded(context);
    this.#callRemoved(old);
    return old.handler;
  }

  // ── lookup ─────────────────────────────────────────────────────────────────────────────────────────────────

  get<H extends ChannelHandler>(key: HandlerClass<H>): H | undefined;
  get(key: HandlerKey): ChannelHandler | undefined;
  get(key: HandlerKey): ChannelHandler | undefined {
    return this.context(key)?.handler;
  }

  /** The context of a handler, or undefined when there is none. */
  context(key: HandlerKey): ChannelHandlerContext | undefined {
    for (let context = this.#ends.next; context !== this.#ends; context = context.next) {
      if (context.name === key || context.handler === key) return context;
      if (typeof key === "function" && context.handler instanceof key) return context;
    }
    return undefined;
  }

  /** Handler names from head to tail, without the two ends. */
  names(): string[] {
    const names: string[] = [];
    for (let context = this.#ends.next; context !== this.#ends; context = context.next) names.push(context.name);
    return names;
  }

  // ── events from the transport, operations from the application ─────────────────────────────────────────────

  fireChannelActive(): void {
    this.#ends.fireChannelActive();
  }
  fireChannelRead(message: unknown): void {
    this.#ends.fireChannelRead(message);
  }
  fireChannelReadComplete(): void {
    this.#ends.fireChannelReadComplete();
  }
  fireChannelWritabilityChanged(): void {
    this.#ends.fireChannelWritabilityChanged();
  }
  fireUserEventTriggered(event: unknown): void {
    this.#ends.fireUserEventTriggered(event);
  }
  fireExceptionCaught(error: Error): void {
    this.#ends.fireExceptionCaught(error);
  }
  fireChannelInactive(): void {
    this.#ends.fireChannelInactive();
  }

  /** Where operations on the channel start. @internal */
  get tail(): ChannelHandlerContext {
    return this.#ends;
  }

  write(message: Out, completion?: Completion): void {
    this.#ends.write(message, completion);
  }
  flush(): void {
    this.#ends.flush();
  }

  /** Takes all handlers out, tail first: the channel has closed. @internal */
  dismantle(): void {
    this.#isDismantled = true;
    for (;;) {
      const context = this.#ends.prev;
      if (context === this.#ends) return;
      this.#unlink(context);
      this.#callRemoved(context);
    }
  }

  // ── editing ────────────────────────────────────────────────────────────────────────────────────────────────

  #insert(handler: ChannelHandler, name: string | undefined, before: ChannelHandlerContext): void {
    if (name !== undefined) this.#refuseDuplicate(name);
    noteAdded(handler);
    const context = new ChannelHandlerContext(this, handler, name ?? this.#freeName(handler));
    // What stood here may have been taken out by a handler added just before.
    while (before.isRemoved) before = before.next;
    const { prev: after } = before;
    context.prev = after;
    context.next = before;
    after.next = context;
    before.prev = context;
    this.#relink();
    this.#callAdded(context);
    // Too late: the channel is over. The handler still gets both calls, so that it gives back what it took.
    if (this.#isDismantled && !context.isRemoved) {
      this.#unlink(context);
      this.#callRemoved(context);
    }
  }

  /** The leaving context keeps its own links: what it still fires arrives where its neighbours are. */
  #unlink(context: ChannelHandlerContext): void {
    context.prev.next = context.next;
    context.next.prev = context.prev;
    this.#relink();
  }

  #callAdded(context: ChannelHandlerContext): void {
    try {
      context.handler.handlerAdded?.(context);
    } catch (cause) {
      if (!context.isRemoved) {
        this.#unlink(context);
        this.#callRemoved(context);
      }
      this.fireExceptionCaught(lifecycleError("handlerAdded", context, cause));
    }
  }

  #callRemoved(context: ChannelHandlerContext): void {
    if (context.isRemoved) return;
    try {
      context.handler.handlerRemoved?.(context);
    } catch (cause) {
      this.fireExceptionCaught(lifecycleError("handlerRemoved", context, cause));
    } finally {
      context.retire();
    }
  }

  /** Recomputes the next interested contexts, after each edit. */
  #relink(): void {
    const ends = this.#ends;
    let read = ends;
    let readComplete = ends;
    for (let context = ends.prev; context !== ends; context = context.prev) {
      context.nextChannelRead = read;
      context.nextChannelReadComplete = readComplete;
      if (context.events & EVENT.channelRead) read = context;
      if (context.events & EVENT.channelReadComplete) readComplete = context;
    }
    ends.nextChannelRead = read;
    ends.nextChannelReadComplete = readComplete;
    let write = ends;
    for (let context = ends.next; context !== ends; context = context.next) {
      context.nextWrite = write;
      if (context.events & EVENT.write) write = context;
    }
    ends.nextWrite = write;
  }

  /** Makes a replaced context pass everything to its replacement, both ways. */
  #passTo(old: ChannelHandlerContext, context: ChannelHandlerContext): void {
    old.nextChannelRead = context.events & EVENT.channelRead ? context : context.nextChannelRead;
    old.nextChannelReadComplete =
      context.events & EVENT.channelReadComplete ? context : context.nextChannelReadComplete;
    old.nextWrite = context.events & EVENT.write ? context : context.nextWrite;
  }

  #require(key: HandlerKey): ChannelHandlerContext {
    const context = this.context(key);
    if (context !== undefined) return context;
    const wanted = typeof key === "string" ? `"${key}"` : typeof key === "function" ? key.name : className(key);
    throw new SluiceError("HANDLER_NOT_FOUND", `no handler ${wanted ?? "like that"} in [${this.names().join(", ")}]`);
  }

  #refuseDuplicate(name: string): void {
    if (name === "head" || name === "tail" || this.context(name) !== undefined) {
      throw new SluiceError("DUPLICATE_HANDLER_NAME", `there is already a handler named "${name}"`);
    }
  }

  #freeName(handler: ChannelHandler): string {
    const base = className(handler) ?? "handler";
    let name = firstName(base);
    for (let number = 1; this.context(name) !== undefined; number++) name = `${base}#${number}`;
    return name;
  }
}

/** Handlers, any of which may follow its name. */
export type HandlerArguments = (string | ChannelHandler)[];

function* named(args: HandlerArguments): Generator<[name: string | undefined, handler: ChannelHandler]> {
  let name: string | undefined;
  for (const argument of args) {
    if (typeof argument === "string") name = argument;
    else if (typeof argument === "object" && argument !== null) {
      yield [name, argument];
      name = undefined;
    } else throw new SluiceError("INVALID_ARGUMENT", `a handler must be an object, not ${String(argument)}`);
  }
  if (name !== undefined) throw new SluiceError("INVALID_ARGUMENT", `no handler follows the name "${name}"`);
}

/** Kept, so that all pipelines share the string: nearly every name given is the first of its class. */
function firstName(base: string): string {
  const known = firstNames.get(base);
  if (known !== undefined) return known;
  const name = `${base}#0`;
  if (firstNames.size < MOST_NAMES) firstNames.set(base, name);
  return name;
}

const firstNames = new Map<string, string>();
const MOST_NAMES = 1000;

/** Undefined for object literals and the like. */
function className(handler: ChannelHandler): string | undefined {
  const made = handler.constructor;
  return made === Object || typeof made !== "function" ? undefined : made.name || undefined;
}

function lifecycleError(method: string, context: ChannelHandlerContext, cause: unknown): SluiceError {
  return new SluiceError("HANDLER_LIFECYCLE_FAILED", `${method} of "${context.name}" threw; it has been removed`, {
    cause,
  });
}
