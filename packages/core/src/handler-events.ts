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
export const EVENT_NAMES = Object.keys(EVENT) as EventName[];
