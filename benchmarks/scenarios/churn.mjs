import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

export const churn = {
  name: "churn",
  title: "Connections that come and go",
  asks: "What does a connection cost that is accepted, echoes one frame and is closed by its client?",
  isServed: true,
  metrics: [
    { ...METRICS.cpu, title: "CPU per connection" },
    { ...METRICS.perSecond, title: "connections/s" },
    METRICS.system,
    METRICS.peak,
    METRICS.collections,
    METRICS.load,
  ],
  cases: [{ name: "32 at a time", traffic: { mode: "churn", connections: 32, size: 64 } }],
  contenders: [
    servers.sluice,
    servers.nettyNio,
    servers.nettyEpoll,
    servers.netUnframed,
    servers.netSlab,
    servers.netConcat,
    servers.epollEcho,
  ],
  // Opening and closing is much code that runs once a connection: it takes long to be compiled.
  plan: { full: { warmUpMs: 1500 }, quick: { warmUpMs: 600 } },
  unfair: [
    "Sluice answers an end of stream with an orderly close of its own and keeps reading until then; bare net and C close as soon as they see it.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
