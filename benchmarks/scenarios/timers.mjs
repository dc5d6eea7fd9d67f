import { NANOSECONDS, startMicro } from "../micro/measured.mjs";

const script = "micro/timers.mjs";

export const timers = {
  name: "timers",
  title: "Putting a timeout off",
  asks: "What does it cost to move one of ten thousand timeouts, as every message of a connection with a deadline does?",
  metrics: [{ ...NANOSECONDS, title: "CPU per timeout" }],
  cases: [{ name: "one of 10 000, due in 30 s" }],
  contenders: [
    { name: "moved", title: "Sluice wheel, reschedule", by: "sluice", script },
    { name: "wheel", title: "Sluice wheel, cancel and schedule", by: "sluice", script },
    { name: "netty", title: "Netty wheel, cancel and newTimeout", by: "netty", java: ["NettyMicro", "timers"] },
    { name: "node", title: "clearTimeout and setTimeout", by: "node", script },
    { name: "refreshed", title: "timeout.refresh", by: "node", script },
  ],
  unfair: [
    "Netty's wheel turns in a thread of its own, takes new timeouts over a queue and can be used from any thread.",
  ],
  start: async (contender, _one, bench) =>
    startMicro(contender, contender.by === "netty" ? [] : [contender.name], bench),
};
