/**
 * Publishes what becomes of channels on `node:diagnostics_channel`, for whoever traces a program from outside.
 *
 * | channel | message | when |
 * |---|---|---|
 * | `sluice.channel.active` | `{ channel }` | connected, accepted, or listening |
 * | `sluice.channel.writability` | `{ channel }` | `channel.isWritable` changed |
 * | `sluice.channel.exception` | `{ channel, error }` | an error nobody dealt with; the channel closes |
 * | `sluice.channel.inactive` | `{ channel }` | it had been active and is over; `channel.closeCause` says why |
 * | `sluice.channel.close` | `{ channel }` | it is over, also if it never was active |
 *
 * It begins when this package is loaded, and covers channels of every transport. Without a subscriber an event costs a
 * look at `hasSubscribers`; a message is only made for one.
 */
import { channel as diagnosticsChannel } from "node:diagnostics_channel";
import { type Channel, type ChannelObserver, observeChannels } from "@sluice/core";

/** What subscribers get. */
export interface ChannelDiagnostics {
  readonly channel: Channel;
  /** Only of `sluice.channel.exception`. */
  readonly error?: Error;
}

const EVENTS = ["active", "inactive", "writability", "close", "exception"] as const;

const observer: { -readonly [E in keyof ChannelObserver]: ChannelObserver[E] } = {};
for (const event of EVENTS) observer[event] = publisherOf(event);
observeChannels(observer);

function publisherOf(event: keyof ChannelObserver): (channel: Channel, error?: Error) => void {
  const topic = diagnosticsChannel(`sluice.channel.${event}`);
  return (channel, error) => {
    if (!topic.hasSubscribers) return;
    const message: ChannelDiagnostics = error === undefined ? { channel } : { channel, error };
    topic.publish(message);
  };
}
