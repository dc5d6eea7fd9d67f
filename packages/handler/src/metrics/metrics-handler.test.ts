import { ByteBuf } from "@sluice/buffer";
import { ChannelOption, DatagramPacket, PassThroughHandler, WriteBufferWaterMark } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { HeartbeatHandler } from "../heartbeat/heartbeat-handler.js";
import { textHeartbeat } from "../heartbeat/text-heartbeat.js";
import { MetricsHandler } from "./metrics-handler.js";
import { metricsOf } from "./metrics-of.js";
import { MetricsTotals } from "./metrics-totals.js";

const bytes = (length: number) => ByteBuf.from(new Uint8Array(length));

function counted(totals = new MetricsTotals()) {
  const handler = new MetricsHandler({ totals });
  const channel = new EmbeddedChannel(handler);
  return { handler, channel, totals };
}

describe("a channel's metrics", () => {
  it("are what passes, and let it pass", () => {
    const { handler, channel } = counted();
    channel.writeInbound(bytes(10), bytes(5), "text");
    channel.writeOutbound(bytes(7), { not: "bytes" });
    expect(handler.metrics).toMatchObject({
      messagesRead: 3,
      bytesRead: 15,
      messagesWritten: 2,
      bytesWritten: 7,
      errors: 0,
      pendingBytes: 0,
      roundTripTime: undefined,
    });
    expect([channel.inboundMessages.length, channel.outboundMessages.length]).toEqual([3, 2]);
  });

  it("are found by the channel, also when it is over and its pipeline empty", () => {
    const wire = new MetricsHandler();
    const behind = new MetricsHandler();
    const channel = new EmbeddedChannel(wire, behind);
    channel.writeInbound(bytes(10));
    channel.finish();
    expect(channel.pipeline.get(MetricsHandler)).toBeUndefined();
    expect(metricsOf(channel)).toEqual([wire.metrics, behind.metrics]);
    expect(metricsOf(channel)[0]?.bytesRead).toBe(10);
    expect(metricsOf(new EmbeddedChannel())).toEqual([]);
  });

  it("count what is inside datagrams", () => {
    const { handler, channel } = counted();
    const recipient = { host: "127.0.0.1", port: 1 };
    channel.writeInbound(new DatagramPacket({ content: bytes(10), recipient }));
    channel.writeOutbound(new DatagramPacket({ content: bytes(3), recipient }));
    channel.writeOutbound(new DatagramPacket({ content: "text", recipient }));
    expect(handler.metrics).toMatchObject({ bytesRead: 10, bytesWritten: 3, messagesWritten: 2 });
  });

  it("have what has been written and not sent, and how often that was too much", () => {
    const { handler, channel, totals } = counted();
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(100, 200));
    channel.writeOneOutbound(bytes(150));
    expect(handler.metrics).toMatchObject({ bytesWritten: 150, pendingBytes: 246, writabilityChanges: 1 });
    expect(totals.snapshot()).toMatchObject({ pendingBytes: 246, unwritableChannels: 1 });
    channel.flushOutbound();
    expect(handler.metrics).toMatchObject({ pendingBytes: 0, writabilityChanges: 2 });
    expect(totals.snapshot()).toMatchObject({ pendingBytes: 0, unwritableChannels: 0 });
  });

  it("count errors that pass, and pass them on", () => {
    const { handler, channel } = counted();
    channel.pipeline.fireExceptionCaught(new Error("e"));
    expect(() => channel.checkException()).toThrow("e");
    expect(handler.metrics?.errors).toBe(1);
  });

  it("have the round trip of the heartbeats before them", () => {
    const totals = new MetricsTotals();
    const handler = new MetricsHandler({ totals });
    const events: unknown[] = [];
    const channel = new EmbeddedChannel(
      new HeartbeatHandler({ side: "client", protocol: textHeartbeat(), intervalMs: 1000, timeoutMs: 500 }),
      handler,
      new (class extends PassThroughHandler {
        override userEventTriggered(_ctx: unknown, event: unknown) {
          events.push(event);
        }
      })(),
    );
    channel.clock.advance(1000);
    channel.clock.advance(20);
    channel.writeInbound("pong");
    expect(handler.metrics?.roundTripTime?.lastMs).toBe(20);
    expect(totals.snapshot().roundTripTime).toEqual({ minMs: 20, meanMs: 20, maxMs: 20 });
    expect(events).toHaveLength(2);
  });

  it("are there from the moment the handler is added, and stay when it has left", () => {
    const handler = new MetricsHandler();
    expect(handler.metrics).toBeUndefined();
    const channel = new EmbeddedChannel(handler);
    channel.writeInbound(bytes(1));
    channel.finish();
    expect(handler.metrics).toMatchObject({ bytesRead: 1 });
  });
});

describe("totals", () => {
  it("are the sums of the channels that are there and of those that are gone", () => {
    const totals = new MetricsTotals();
    const [one, two] = [counted(totals), counted(totals)];
    one.channel.writeInbound(bytes(10));
    two.channel.writeInbound(bytes(1));
    expect(totals.snapshot()).toMatchObject({ channels: 2, channelsOpened: 2, bytesRead: 11 });
    expect([...totals.channels].map(({ bytesRead }) => bytesRead)).toEqual([10, 1]);
    one.channel.finish();
    two.channel.writeInbound(bytes(1));
    counted(totals);
    expect(totals.snapshot()).toMatchObject({ channels: 2, channelsOpened: 3, bytesRead: 12, messagesRead: 3 });
  });

  it("hold nothing of channels that are gone", () => {
    const totals = new MetricsTotals();
    for (let i = 0; i < 10; i++) counted(totals).channel.finish();
    expect([...totals.channels]).toEqual([]);
    expect(totals.snapshot().channels).toBe(0);
  });

  it("pass on to their parents", () => {
    const parent = new MetricsTotals({ name: "process" });
    const [api, feed] = [new MetricsTotals({ name: "api", parent }), new MetricsTotals({ name: "feed", parent })];
    const gone = counted(api);
    counted(feed).channel.writeInbound(bytes(2));
    gone.channel.writeInbound(bytes(1));
    gone.channel.finish();
    expect([api, feed, parent].map((totals) => totals.snapshot().bytesRead)).toEqual([1, 2, 3]);
    expect([api, feed, parent].map((totals) => totals.snapshot().channels)).toEqual([0, 1, 1]);
  });

  it("count a handler that comes late, or leaves early, from then and until then", () => {
    const totals = new MetricsTotals();
    const channel = new EmbeddedChannel();
    channel.writeInbound(bytes(1));
    channel.pipeline.addFirst("metrics", new MetricsHandler({ totals }));
    channel.writeInbound(bytes(2));
    channel.pipeline.remove("metrics");
    channel.writeInbound(bytes(4));
    expect(totals.snapshot()).toMatchObject({ channels: 0, channelsOpened: 1, bytesRead: 2 });
  });

  it("tell the spread of round trips", () => {
    const totals = new MetricsTotals();
    for (const smoothedMs of [10, 20, 60]) {
      const { handler } = counted(totals);
      if (handler.metrics !== undefined) handler.metrics.roundTripTime = { lastMs: 1, smoothedMs, minMs: 1 };
    }
    counted(totals);
    expect(totals.snapshot().roundTripTime).toEqual({ minMs: 10, meanMs: 30, maxMs: 60 });
  });
});
