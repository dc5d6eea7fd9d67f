import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it, vi } from "vitest";
import { MetricsHandler } from "./metrics-handler.js";
import { MetricsTotals } from "./metrics-totals.js";
import { type PrometheusMetricOptions, registerPrometheusMetrics } from "./prometheus-metrics.js";

/** Enough of a client to see what it is told. */
function fakeClient() {
  const metrics: FakeMetric[] = [];
  class FakeMetric {
    values: Record<string, number> = {};
    readonly options: PrometheusMetricOptions;
    constructor(options: PrometheusMetricOptions) {
      this.options = options;
      metrics.push(this);
    }
    reset() {
      this.values = {};
    }
    inc({ totals }: Record<string, string>, value: number) {
      this.values[totals as string] = (this.values[totals as string] ?? 0) + value;
    }
    set({ totals }: Record<string, string>, value: number) {
      this.values[totals as string] = value;
    }
  }
  const collect = () => {
    for (const metric of metrics) metric.options.collect();
    return Object.fromEntries(metrics.map(({ options, values }) => [options.name, values]));
  };
  return { client: { Counter: FakeMetric, Gauge: FakeMetric }, metrics, collect };
}

describe("metrics for Prometheus", () => {
  it("are those of the totals, and the same however often they are collected", async () => {
    const { client, metrics, collect } = fakeClient();
    const registry = {};
    const [api, feed] = [new MetricsTotals({ name: "api" }), new MetricsTotals({ name: "feed" })];
    registerPrometheusMetrics({ client, registry, totals: [api, feed], prefix: "my_" });
    const handler = new MetricsHandler({ totals: api });
    const channel = new EmbeddedChannel(handler);
    channel.writeInbound(ByteBuf.from("12345"));
    if (handler.metrics !== undefined) handler.metrics.roundTripTime = { lastMs: 0, smoothedMs: 250, minMs: 0 };
    for (let i = 0; i < 2; i++) {
      expect(collect()).toMatchObject({
        my_read_bytes_total: { api: 5, feed: 0 },
        my_channels: { api: 1, feed: 0 },
        my_round_trip_mean_seconds: { api: 0.25 },
      });
      await Promise.resolve();
    }
    channel.finish();
    await Promise.resolve();
    expect(collect()).toMatchObject({ my_channels: { api: 0 }, my_round_trip_mean_seconds: {} });
    expect(new Set(metrics.map(({ options }) => options.registers[0]))).toEqual(new Set([registry]));
  });

  it("are summed up once for all that are collected together", async () => {
    const { client, collect } = fakeClient();
    const totals = new MetricsTotals();
    const snapshot = vi.spyOn(totals, "snapshot");
    registerPrometheusMetrics({ client, registry: {}, totals: [totals] });
    expect(snapshot).not.toHaveBeenCalled();
    collect();
    expect(snapshot).toHaveBeenCalledTimes(1);
    await Promise.resolve();
    collect();
    expect(snapshot).toHaveBeenCalledTimes(2);
  });
});
