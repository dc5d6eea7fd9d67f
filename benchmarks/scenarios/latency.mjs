import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

export const latency = {
  name: "latency",
  title: "Request and response at a fixed rate",
  asks: "How long does an answer take when requests come on time, whether or not the server keeps up?",
  isServed: true,
  metrics: [METRICS.p99, METRICS.p50, METRICS.p999, METRICS.cpu, METRICS.lag],
  cases: [2_000, 10_000, 20_000].map((rate) => ({
    name: `${rate.toLocaleString("en").replaceAll(",", " ")} requests/s`,
    isExtra: rate !== 10_000,
    traffic: { mode: "paced", connections: 64, size: 64, rate },
  })),
  contenders: [
    servers.sluice,
    servers.nettyNio,
    servers.nettyEpoll,
    servers.netConcat,
    servers.netSlab,
    servers.epollEcho,
  ],
  plan: { full: { launches: 1, rounds: 4, roundMs: 2000 }, quick: { roundMs: 600 } },
  unfair: [
    "A latency counts from the moment the request was due, not from when it was sent: a server that stalls is charged for every request that waited, also for those that were not sent meanwhile.",
    "How late the load itself was at worst is shown beside it. Where it comes near the latencies, somebody else was using the machine, and the tail says nothing about the servers.",
    "At these rates the servers mostly sleep, so waking up is part of every answer.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
