/** Which events a handler implements, as one bit each. */
import type { ChannelHandler } from "./channel-handler.js";

export const EVENT = {
  channelActive: 1 << 0,
  channelRead: 1 << 1,
  channelReadComplete: 1 << 2,
  channelWritabilityChanged: 1 << 3,
  userEventTriggered: 1 << 4,
  exceptionCaught: 1 << 5,
  channelInactive: 1 << 6,
  bind: 1 << 7,
  connect: 1 << 8,
  disconnect: 1 << 9,
  read: 1 << 10,
  write: 1 << 11,
  flush: 1 << 12,
  shutdownOutput: 1 << 13,
  close: 1 << 14,
} as const satisfies Partial<Record<keyof ChannelHandler, number>>;

type EventName = keyof typeof EVENT;
const EVENT_NAMES = Object.keys(EVENT) as EventName[];

/** The events of classes seen before: a class is asked once, an object with methods of its own each time. */
const eventsOfPrototype = new WeakMap<object, number>();

export function eventsOf(handler: ChannelHandler): number {
  const prototype = Object.getPrototypeOf(handler) as object | null;
  if (prototype === null || prototype === Object.prototype || hasOwnMethods(handler)) return lookUp(handler);
  let events = eventsOfPrototype.get(prototype);
  if (events === undefined) {
    events = lookUp(handler);
    eventsOfPrototype.set(prototype, events);
  }
  return events;
}

function lookUp(handler: ChannelHandler): number {
  let events = 0;
  for (const name of EVENT_NAMES) if (typeof handler[name] === "function") events |= EVENT[name];
  return events;
}

function hasOwnMethods(handler: ChannelHandler): boolean {
  for (const key in handler) if (key in EVENT && Object.hasOwn(handler, key)) return true;
  return false;
}
