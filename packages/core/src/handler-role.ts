/**
 * What a handler does for each event of the hot path, and what it is called; looked up once for its class and name.
 *
 * Pipelines that are built alike share the roles of their handlers: a context keeps one of these instead of five methods,
 * their events and a name, which is 48 bytes less for each handler of each connection.
 */
import type { ChannelHandler } from "./channel-handler.js";
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import { EVENT, EVENT_NAMES } from "./handler-events.js";

export class HandlerRole {
  readonly name: string;
  /** What the handler implements, of all events. */
  readonly events: number;
  readonly channelRead: NonNullable<ChannelHandler["channelRead"]>;
  readonly channelReadComplete: NonNullable<ChannelHandler["channelReadComplete"]>;
  readonly read: NonNullable<ChannelHandler["read"]>;
  readonly write: NonNullable<ChannelHandler["write"]>;
  readonly flush: NonNullable<ChannelHandler["flush"]>;
  /** Of a handler that has left: everything goes on to where its neighbours are. */
  readonly isGone: boolean;
  /** Of handlers of the same class that leave some events out, by what is left. */
  #variants: Map<number, HandlerRole> | undefined;

  private constructor(handler: ChannelHandler, name: string) {
    this.name = name;
    this.events = eventsOf(handler);
    this.channelRead = handler.channelRead ?? passChannelRead;
    this.channelReadComplete = handler.channelReadComplete ?? passChannelReadComplete;
    this.read = handler.read ?? passRead;
    this.write = handler.write ?? passWrite;
    this.flush = handler.flush ?? passFlush;
    this.isGone = handler === GONE;
  }

  /** A class is asked once, and so is an object for many pipelines; one with methods of its own each time. */
  static of(handler: ChannelHandler, name: string): HandlerRole {
    const prototype = Object.getPrototypeOf(handler) as object | null;
    if (prototype === null || prototype === Object.prototype) {
      return handler.sharable === true ? HandlerRole.#remembered(handler, name) : new HandlerRole(handler, name);
    }
    const own = ownEvents(handler);
    if (own === "methods") return new HandlerRole(handler, name);
    const role = HandlerRole.#remembered(prototype, name);
    return own === "none" ? role : role.#variant(handler);
  }

  /** Of the handler that was called so and has left. */
  static gone(name: string): HandlerRole {
    return HandlerRole.#remembered(GONE, name);
  }

  /** @param source A handler, or the prototype of some. */
  static #remembered(source: ChannelHandler, name: string): HandlerRole {
    let named = known.get(source);
    if (named === undefined) {
      named = new Map();
      known.set(source, named);
    }
    let role = named.get(name);
    if (role === undefined) {
      role = new HandlerRole(source, name);
      // Names may be made up for each connection.
      if (named.size < MOST_NAMES) named.set(name, role);
    }
    return role;
  }

  #variant(handler: ChannelHandler): HandlerRole {
    const events = eventsOf(handler);
    this.#variants ??= new Map();
    let role = this.#variants.get(events);
    if (role === undefined) {
      role = new HandlerRole(handler, this.name);
      this.#variants.set(events, role);
    }
    return role;
  }
}

/** By handler or prototype, then by name. */
const known = new WeakMap<object, Map<string, HandlerRole>>();
/** Of one class. */
const MOST_NAMES = 100;
const GONE: ChannelHandler = {};

function eventsOf(handler: ChannelHandler): number {
  let events = 0;
  for (const name of EVENT_NAMES) if (typeof handler[name] === "function") events |= EVENT[name];
  return events;
}

/** Whether the object itself says something about events: it has methods, or it only leaves some of its class out. */
function ownEvents(handler: ChannelHandler): "none" | "omissions" | "methods" {
  let own: "none" | "omissions" = "none";
  for (const key in handler) {
    if (!(key in EVENT && Object.hasOwn(handler, key))) continue;
    if (handler[key as keyof ChannelHandler] !== undefined) return "methods";
    own = "omissions";
  }
  return own;
}

function passChannelRead(ctx: ChannelHandlerContext, message: unknown): void {
  ctx.fireChannelRead(message);
}

function passChannelReadComplete(ctx: ChannelHandlerContext): void {
  ctx.fireChannelReadComplete();
}

function passRead(ctx: ChannelHandlerContext): void {
  ctx.read();
}

function passWrite(ctx: ChannelHandlerContext, message: unknown, completion: Parameters<typeof ctx.write>[1]): void {
  ctx.write(message, completion);
}

function passFlush(ctx: ChannelHandlerContext): void {
  ctx.flush();
}
