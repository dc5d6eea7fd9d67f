/** A server that counts: bytes nearest the network, messages behind the codec, and both for the whole process. */
import {
  HeartbeatHandler,
  LineBasedFrameDecoder,
  LineEncoder,
  MetricsHandler,
  MetricsTotals,
  ServerBootstrap,
  StringDecoder,
  tcp,
  textHeartbeat,
} from "sluice";

export const processTotals = {
  wire: new MetricsTotals({ name: "wire" }),
  messages: new MetricsTotals({ name: "messages" }),
};

export function countedServer(name: string) {
  const wire = new MetricsTotals({ name: `${name} wire`, parent: processTotals.wire });
  const messages = new MetricsTotals({ name: `${name} messages`, parent: processTotals.messages });
  const bound = new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      p
        .addLast(new MetricsHandler({ totals: wire }))
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder({ framed: true }))
        .addLast(new LineEncoder())
        .addLast(
          new HeartbeatHandler({ side: "server", protocol: textHeartbeat(), intervalMs: 10_000, timeoutMs: 5_000 }),
        )
        // Behind the heartbeats: it sees their round trips, and does not count them as messages.
        .addLast(new MetricsHandler({ totals: messages }))
        .addLast({ channelRead: (ctx, line) => ctx.writeAndFlush(line.toUpperCase()) }),
    )
    .bind({ host: "127.0.0.1", port: 0 });
  return { wire, messages, bound };
}
