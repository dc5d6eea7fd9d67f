/**
 * Shows totals to Prometheus, through prom-client or anything with its `Counter` and `Gauge`.
 *
 * Sluice does not depend on prom-client: pass yours. Nothing is done until somebody collects; then each of the totals is
 * summed up once, whatever the number of its metrics.
 */
import type { MetricsSnapshot } from "./metrics-snapshot.js";
import type { MetricsTotals } from "./metrics-totals.js";

/** What is used of prom-client. */
export interface PrometheusClient {
  readonly Counter: new (options: PrometheusMetricOptions) => PrometheusCounter;
  readonly Gauge: new (options: PrometheusMetricOptions) => PrometheusGauge;
}

/** What a metric of prom-client is made of. */
export interface PrometheusMetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  // biome-ignore lint/suspicious/noExplicitAny: only prom-client knows what a registry of its own is
  readonly registers: any[];
  /** Called whenever the metric is about to be read. */
  readonly collect: () => void;
}

export interface PrometheusCounter {
  reset(): void;
  inc(labels: Record<string, string>, value: number): void;
}

export interface PrometheusGauge {
  reset(): void;
  set(labels: Record<string, string>, value: number): void;
}

export interface PrometheusMetricsOptions {
  /** prom-client, or what is like it. */
  readonly client: PrometheusClient;
  /** The registry of `client` in which to show the metrics. */
  readonly registry: object;
  /** What to show; the name of each is the label `totals`, so names must differ. */
  readonly totals: readonly MetricsTotals[];
  /** Begins the names of the metrics. @default "sluice_" */
  readonly prefix?: string;
}

/**
 * Makes the metrics in a registry; do it once for each registry.
 *
 * @throws what the client throws, for example for a name that is taken
 *
 * @example
 * ```ts
 * import * as client from "prom-client";
 * registerPrometheusMetrics({ client, registry: client.register, totals: [totals] });
 * ```
 */
export function registerPrometheusMetrics(options: PrometheusMetricsOptions): void {
  const { client, registry, totals, prefix = "sluice_" } = options;
  const snapshots = snapshotsOf(totals);
  const common = { labelNames: ["totals"], registers: [registry] };
  for (const { name, help, value } of COUNTERS) {
    const counter: PrometheusCounter = new client.Counter({
      ...common,
      name: prefix + name,
      help,
      collect: () => {
        counter.reset();
        for (const [label, snapshot] of snapshots()) counter.inc({ totals: label }, value(snapshot));
      },
    });
  }
  for (const { name, help, value } of GAUGES) {
    const gauge: PrometheusGauge = new client.Gauge({
      ...common,
      name: prefix + name,
      help,
      collect: () => {
        gauge.reset();
        for (const [label, snapshot] of snapshots()) {
          const shown = value(snapshot);
          if (shown !== undefined) gauge.set({ totals: label }, shown);
        }
      },
    });
  }
}

/** One snapshot for all metrics that are collected in one job of the host. */
function snapshotsOf(totals: readonly MetricsTotals[]): () => readonly (readonly [string, MetricsSnapshot])[] {
  let taken: (readonly [string, MetricsSnapshot])[] | undefined;
  return () => {
    if (taken === undefined) {
      taken = totals.map((each) => [each.name, each.snapshot()] as const);
      queueMicrotask(() => {
        taken = undefined;
      });
    }
    return taken;
  };
}

interface Shown<V> {
  readonly name: string;
  readonly help: string;
  readonly value: (snapshot: MetricsSnapshot) => V;
}

const COUNTERS: readonly Shown<number>[] = [
  { name: "channels_opened_total", help: "Channels that became active", value: (s) => s.channelsOpened },
  { name: "messages_read_total", help: "Messages read", value: (s) => s.messagesRead },
  { name: "read_bytes_total", help: "Bytes read", value: (s) => s.bytesRead },
  { name: "messages_written_total", help: "Messages written", value: (s) => s.messagesWritten },
  { name: "written_bytes_total", help: "Bytes written", value: (s) => s.bytesWritten },
  { name: "errors_total", help: "Errors that passed the handler", value: (s) => s.errors },
  {
    name: "writability_changes_total",
    help: "How often channels became unwritable or writable again",
    value: (s) => s.writabilityChanges,
  },
];

const GAUGES: readonly Shown<number | undefined>[] = [
  { name: "channels", help: "Active channels", value: (s) => s.channels },
  { name: "pending_bytes", help: "Bytes queued and not sent yet", value: (s) => s.pendingBytes },
  { name: "unwritable_channels", help: "Channels above their high-water mark", value: (s) => s.unwritableChannels },
  { name: "round_trip_min_seconds", help: "Shortest round trip", value: (s) => seconds(s.roundTripTime?.minMs) },
  { name: "round_trip_mean_seconds", help: "Mean round trip", value: (s) => seconds(s.roundTripTime?.meanMs) },
  { name: "round_trip_max_seconds", help: "Longest round trip", value: (s) => seconds(s.roundTripTime?.maxMs) },
];

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
