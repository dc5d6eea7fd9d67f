/** Sums over channels at one moment; made by `MetricsTotals.snapshot()`. */

export interface MetricsSnapshot {
  /** Channels that are active now. */
  readonly channels: number;
  /** Channels that have ever been. */
  readonly channelsOpened: number;
  readonly messagesRead: number;
  readonly bytesRead: number;
  readonly messagesWritten: number;
  readonly bytesWritten: number;
  readonly errors: number;
  readonly writabilityChanges: number;
  /** Bytes queued now, of all channels. */
  readonly pendingBytes: number;
  /** Channels that are not writable now. */
  readonly unwritableChannels: number;
  /** Of the active channels that have measured one: their moving averages. Undefined while there are none. */
  readonly roundTripTime: RoundTripSummary | undefined;
}

/** Milliseconds. */
export interface RoundTripSummary {
  readonly minMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
}
