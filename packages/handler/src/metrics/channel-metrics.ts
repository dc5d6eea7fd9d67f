/** What a `MetricsHandler` has counted on one channel, as plain fields: read them whenever you like. */
import type { Channel } from "@sluice/core";
import type { RoundTripTime } from "../heartbeat/round-trip-time.js";

export class ChannelMetrics {
  /** Messages that have arrived at the handler's place. */
  messagesRead = 0;
  /** Bytes of those that are bytes. */
  bytesRead = 0;
  /** Messages that have been written past the handler, whether they have left yet or not. */
  messagesWritten = 0;
  /** Bytes of those that are bytes. */
  bytesWritten = 0;
  /** Errors that have passed the handler on their way to the tail. */
  errors = 0;
  /** How often the channel became unwritable or writable again. */
  writabilityChanges = 0;
  /** The last one a `HeartbeatHandler` between the network and the handler has measured. */
  roundTripTime: RoundTripTime | undefined = undefined;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Bytes queued and not sent yet, each message with an overhead of 96. */
  get pendingBytes(): number {
    return this.#channel.engine.queue.pendingBytes;
  }

  get isWritable(): boolean {
    return this.#channel.isWritable;
  }
}
