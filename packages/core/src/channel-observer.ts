/**
 * Where somebody outside all pipelines learns of every channel in the process: for diagnostics and tracing.
 *
 * It is told of lives, not of messages, so nothing of it is on the hot path; without an observer each event costs a look
 * at an empty list.
 */
import type { Channel } from "./channel.js";

/** Called from inside the event. What it throws is taken for a failure of the channel, as with the channel's listeners. */
export interface ChannelObserver {
  /** Connected, or listening. */
  active?(channel: Channel<any, any>): void;
  /** A channel that had been active is over; `channel.closeCause` says why. */
  inactive?(channel: Channel<any, any>): void;
  /** `channel.isWritable` changed. */
  writability?(channel: Channel<any, any>): void;
  /** A channel is over, also one that never was active. */
  close?(channel: Channel<any, any>): void;
  /** An error that no handler dealt with; the channel closes because of it. */
  exception?(channel: Channel<any, any>, error: Error): void;
}

/** @returns a function that ends it */
export function observeChannels(observer: ChannelObserver): () => void {
  observers = [...observers, observer];
  return () => {
    observers = observers.filter((other) => other !== observer);
  };
}

/** @internal */
export function tellObservers(event: Exclude<keyof ChannelObserver, "exception">, channel: Channel<any, any>): void {
  for (const observer of observers) observer[event]?.(channel);
}

/** @internal */
export function tellObserversOfException(channel: Channel<any, any>, error: Error): void {
  for (const observer of observers) observer.exception?.(channel, error);
}

/** Replaced, never changed: an observer may end or begin while others are told. */
let observers: readonly ChannelObserver[] = [];
