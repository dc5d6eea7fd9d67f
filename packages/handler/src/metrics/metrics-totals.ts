/**
 * Adds up what `MetricsHandler`s count: for a server, for a process, for whatever belongs together.
 *
 * ```
 *   channel ── MetricsHandler ──▶ totals "api" ──┐
 *   channel ── MetricsHandler ──▶ totals "api" ──┼──▶ parent "process"
 *   channel ── MetricsHandler ──▶ totals "feed" ─┘
 * ```
 *
 * Nothing is added while messages pass: each channel counts for itself, and a snapshot adds up the channels there are and
 * what those that are gone have left. So a message costs the same however many totals there are.
 */
import type { ChannelMetrics } from "./channel-metrics.js";
import type { MetricsSnapshot } from "./metrics-snapshot.js";

export interface MetricsTotalsOptions {
  /** Tells totals apart where they are shown. @default "default" */
  readonly name?: string;
  /** Gets everything these do. */
  readonly parent?: MetricsTotals;
}

/**
 * Give it to the `MetricsHandler` of each channel that belongs to it. A channel with two handlers counts twice: give totals
 * of their own to handlers at different places.
 *
 * @example
 * ```ts
 * const totals = new MetricsTotals({ name: "api" });
 * bootstrap.childHandler((p) => p.addLast(new MetricsHandler({ totals })).addLast(framing));
 * totals.snapshot().bytesRead;
 * ```
 */
export class MetricsTotals {
  readonly name: string;
  readonly #parent: MetricsTotals | undefined;
  readonly #channels = new Set<ChannelMetrics>();
  #opened = 0;
  /** Of channels that are gone. */
  readonly #past: Sums = zero();

  constructor({ name = "default", parent }: MetricsTotalsOptions = {}) {
    this.name = name;
    this.#parent = parent;
  }

  /** The channels that are active now, each with its own counts. */
  get channels(): Iterable<ChannelMetrics> {
    return this.#channels;
  }

  /** Sums up to now. Costs a look at each active channel. */
  snapshot(): MetricsSnapshot {
    const sums = { ...this.#past };
    let pendingBytes = 0;
    let unwritableChannels = 0;
    const roundTrips: number[] = [];
    for (const channel of this.#channels) {
      add(sums, channel);
      pendingBytes += channel.pendingBytes;
      if (!channel.isWritable) unwritableChannels++;
      if (channel.roundTripTime !== undefined) roundTrips.push(channel.roundTripTime.smoothedMs);
    }
    return {
      ...sums,
      channels: this.#channels.size,
      channelsOpened: this.#opened,
      pendingBytes,
      unwritableChannels,
      roundTripTime: summaryOf(roundTrips),
    };
  }

  /** @internal */
  opened(channel: ChannelMetrics): void {
    this.#channels.add(channel);
    this.#opened++;
    this.#parent?.opened(channel);
  }

  /** @internal */
  closed(channel: ChannelMetrics): void {
    if (!this.#channels.delete(channel)) return;
    add(this.#past, channel);
    this.#parent?.closed(channel);
  }
}

type Sums = { -readonly [K in (typeof COUNTS)[number]]: number };

function zero(): Sums {
  return { messagesRead: 0, bytesRead: 0, messagesWritten: 0, bytesWritten: 0, errors: 0, writabilityChanges: 0 };
}

function add(sums: Sums, channel: ChannelMetrics): void {
  for (const count of COUNTS) sums[count] += channel[count];
}

function summaryOf(times: readonly number[]): MetricsSnapshot["roundTripTime"] {
  if (times.length === 0) return undefined;
  let [minMs, maxMs, sum] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const time of times) {
    minMs = Math.min(minMs, time);
    maxMs = Math.max(maxMs, time);
    sum += time;
  }
  return { minMs, meanMs: sum / times.length, maxMs };
}

const COUNTS = [
  "messagesRead",
  "bytesRead",
  "messagesWritten",
  "bytesWritten",
  "errors",
  "writabilityChanges",
] as const;
