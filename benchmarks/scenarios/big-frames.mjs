import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

const MIB = 2 ** 20;

export const bigFrames = {
  name: "big-frames",
  title: "Big frames",
  asks: "What does a MiB cost when a frame arrives in hundreds of reads and leaves in many writes?",
  isServed: true,
  metrics: [METRICS.cpuPerMiB, METRICS.perSecond, METRICS.system, METRICS.peak, METRICS.collections, METRICS.load],
  cases: [
    { name: "4 × 1 MiB × 2", traffic: { mode: "echo", connections: 4, size: MIB, depth: 2 } },
    { name: "2 × 8 MiB × 1", traffic: { mode: "echo", connections: 2, size: 8 * MIB, depth: 1 } },
  ],
  contenders: [
    servers.sluice,
    servers.nettyNio,
    servers.nettyEpoll,
    servers.netUnframed,
    { ...servers.netConcat, isSlow: true },
    servers.frameStream,
  ],
  plan: { full: { rounds: 3 }, quick: { rounds: 2 } },
  unfair: [
    "net without frames passes each read on at once and never holds a frame: it keeps no memory and waits for nothing.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
