import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

/** From here on idle contenders would take memory and table space from each other. */
const CROWD = 1000;

export const connections = {
  name: "connections",
  title: "From 10 to 10 000 connections",
  asks: "Does a frame cost more when there are more connections?",
  isServed: true,
  metrics: [METRICS.cpu, METRICS.perSecond, METRICS.system, METRICS.peak, METRICS.load],
  cases: [10, 100, 1000, 10_000].map((count) => ({
    name: `${count} × 64 B × 1`,
    x: count,
    isAlone: count >= CROWD,
    traffic: { mode: "echo", connections: count, size: 64, depth: 1 },
  })),
  contenders: [servers.sluice, servers.nettyNio, servers.nettyEpoll, servers.netUnframed, servers.netConcat],
  curve: {
    xTitle: "number of connections",
    yTitle: "CPU µs per frame",
    work: (x, y) => x * y,
    of: "a frame on each connection",
  },
  plan: { full: { launches: 1, rounds: 3, roundMs: 700 }, quick: { rounds: 1, roundMs: 400 } },
  unfair: [
    "All connections are busy all the time, so the more there are, the more of them each turn of a loop serves.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
