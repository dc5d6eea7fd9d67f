import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

export const echo = {
  name: "echo",
  title: "Framed echo over TCP",
  asks: "What does a frame cost a server, from the socket through the pipeline and back?",
  isServed: true,
  metrics: [METRICS.cpu, METRICS.perSecond, METRICS.system, METRICS.peak, METRICS.collections, METRICS.load],
  cases: [
    traffic(64, 64, 1, { "netty-nio": 1.05, "net-unframed": 0.95 }),
    traffic(64, 64, 16, { "netty-nio": 0.7, "net-unframed": 1.0 }),
    traffic(64, 64, 256, { "netty-nio": 0.35 }),
    traffic(8, 16 * 1024, 4, { "netty-nio": 1.2, "net-unframed": 0.6 }),
  ],
  contenders: [
    servers.sluice,
    servers.nettyNio,
    servers.nettyEpoll,
    servers.netUnframed,
    servers.netSlab,
    servers.netConcat,
    servers.transformChain,
    servers.frameStream,
    servers.itLengthPrefixed,
    servers.webStreams,
    servers.epollEcho,
  ],
  plan: { full: { rounds: 4, roundMs: 700, warmUpMs: 700 } },
  unfair: [
    "The servers called “no frames” send back what they read: they neither look for frames nor write length fields. They show what the runtime and the kernel take, and nobody can build a protocol with them.",
    "“slab by an expert” is written for exactly this protocol: one shared read buffer, no object per frame, one write per chunk. It has no limit, no back-pressure and no handlers.",
    "“concat and cork” has no limit either, and writes each header and content apart, corked for the chunk, as tutorials show it.",
    "Netty's handler flushes once for what was read together, and its JVM compiles on threads of its own, whose CPU time counts on the same core.",
    "A client sends all frames under way in one piece and waits for all of them, so a depth of 16 arrives mostly in one read. Small reads are what a depth of 1 is for.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};

function traffic(connections, size, depth, atMost) {
  const shown = size >= 1024 ? `${size / 1024} KiB` : `${size} B`;
  return {
    name: `${connections} × ${shown} × ${depth}`,
    traffic: { mode: "echo", connections, size, depth },
    atMost,
  };
}
