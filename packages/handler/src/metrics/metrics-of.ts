/**
 * Finds the counts of a channel without its pipeline, which is empty when the channel is over: for subscribers of
 * `sluice.channel.close`, who are given the channel and nothing else.
 */
import { AttributeKey, type Channel } from "@sluice/core";
import type { ChannelMetrics } from "./channel-metrics.js";

const METRICS = new AttributeKey<ChannelMetrics[]>("metrics");

/** What the `MetricsHandler`s of a channel have counted, in the order in which they were added; none without any. */
export function metricsOf(channel: Channel): readonly ChannelMetrics[] {
  return channel.attr(METRICS).get() ?? [];
}

/** One more handler counts on the channel. */
export function addMetrics(channel: Channel, metrics: ChannelMetrics): void {
  channel.attr(METRICS).set([...metricsOf(channel), metrics]);
}
