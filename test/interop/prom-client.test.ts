/** What the real prom-client shows of a server's totals is what passed. */
import client, { Registry } from "prom-client";
import {
  Bootstrap,
  ByteBuf,
  HeartbeatHandler,
  LineBasedFrameDecoder,
  LineEncoder,
  MetricsHandler,
  MetricsTotals,
  registerPrometheusMetrics,
  ServerBootstrap,
  StringDecoder,
  tcp,
  textHeartbeat,
} from "sluice";
import { describe, expect, it } from "vitest";

/** The samples of the text format, by name and labels. */
function samples(text: string): Record<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}

describe("prom-client", () => {
  it("shows bytes, messages, channels and round trips of a server", async () => {
    const [wire, lines] = [new MetricsTotals({ name: "wire" }), new MetricsTotals({ name: "lines" })];
    const registry = new Registry();
    registerPrometheusMetrics({ client, registry, totals: [wire, lines] });
    const beat = { protocol: textHeartbeat(), pings: "server", intervalMs: 20, timeoutMs: 10_000 } as const;
    await using server = await new ServerBootstrap()
      .transport(tcp())
      .childHandler((p) =>
        p
          .addLast(new MetricsHandler({ totals: wire }))
          .addLast(new LineBasedFrameDecoder())
          .addLast(new StringDecoder({ framed: true }))
          .addLast(new LineEncoder())
          .addLast(new HeartbeatHandler({ ...beat, side: "server" }))
          .addLast(new MetricsHandler({ totals: lines }))
          .addLast({ channelRead: (ctx, line) => ctx.writeAndFlush(line.toUpperCase()) }),
      )
      .bind({ host: "127.0.0.1", port: 0 });
    const channel = await new Bootstrap()
      .transport(tcp())
      .handler((p) =>
        p
          .addLast(new LineBasedFrameDecoder())
          .addLast(new StringDecoder({ framed: true }))
          .addLast(new LineEncoder())
          .addLast(new HeartbeatHandler({ ...beat, side: "client" })),
      )
      .connect(server.localAddress);
    const replies = channel.messages();
    for (const text of ["one", "two", "three"]) {
      await channel.send(text);
      expect((await replies.next()).value).toBe(text.toUpperCase());
    }
    await expect.poll(() => lines.snapshot().roundTripTime).toBeDefined();

    const open = samples(await registry.metrics());
    expect(open).toMatchObject({
      'sluice_channels{totals="wire"}': 1,
      'sluice_messages_read_total{totals="lines"}': 3,
      'sluice_messages_written_total{totals="lines"}': 3,
      'sluice_read_bytes_total{totals="lines"}': 0,
      'sluice_errors_total{totals="lines"}': 0,
    });
    const { bytesRead, bytesWritten } = wire.snapshot();
    expect(bytesRead).toBeGreaterThanOrEqual("one\ntwo\nthree\n".length);
    expect(bytesWritten).toBeGreaterThanOrEqual("one\ntwo\nthree\n".length);
    const seconds = open['sluice_round_trip_mean_seconds{totals="lines"}'] as number;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(10);

    await channel.close();
    await expect.poll(() => server.children.size).toBe(0);
    const closed = samples(await registry.metrics());
    expect(closed).toMatchObject({
      'sluice_channels{totals="wire"}': 0,
      'sluice_channels_opened_total{totals="wire"}': 1,
      'sluice_messages_read_total{totals="lines"}': 3,
      'sluice_written_bytes_total{totals="wire"}': wire.snapshot().bytesWritten,
    });
    expect(closed).not.toHaveProperty('sluice_round_trip_mean_seconds{totals="lines"}');
  });

  it("shows the same sums however often it is asked, and refuses names that are taken", async () => {
    const totals = new MetricsTotals();
    const registry = new Registry();
    registerPrometheusMetrics({ client, registry, totals: [totals] });
    await using server = await new ServerBootstrap()
      .transport(tcp())
      .childHandler((p) => p.addLast(new MetricsHandler({ totals })))
      .bind({ host: "127.0.0.1", port: 0 });
    const channel = await new Bootstrap()
      .transport(tcp())
      .handler((p) => p)
      .connect(server.localAddress);
    await channel.send(ByteBuf.from("12345"));
    await expect.poll(() => totals.snapshot().bytesRead).toBe(5);
    for (let i = 0; i < 3; i++) {
      expect(samples(await registry.metrics())['sluice_read_bytes_total{totals="default"}']).toBe(5);
    }
    expect(() => registerPrometheusMetrics({ client, registry, totals: [totals] })).toThrow(/already/);
    await channel.close();
  });
});
