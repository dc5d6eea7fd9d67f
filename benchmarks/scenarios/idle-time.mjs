import { startMicro } from "../micro/measured.mjs";

const script = "micro/idle.mjs";
const NS_PER_PERCENT = 1e7;

export const idleTime = {
  name: "idle-time",
  title: "50 000 channels that wait",
  asks: "How much of a core do idle timers take while nothing happens?",
  metrics: [{ key: "share", title: "of a core", unit: "%" }],
  cases: [{ name: "50 000 idle timers", ownAtMost: 1 }],
  contenders: [
    { name: "sluice", title: "Sluice, IdleStateHandler", by: "sluice", script },
    { name: "timeouts", title: "setTimeout each", by: "node", script },
    { name: "intervals", title: "setInterval each, 30 s", by: "node", script },
  ],
  plan: { full: { launches: 1, rounds: 3, roundMs: 3000, warmUpMs: 500 }, quick: { rounds: 1, roundMs: 1500 } },
  unfair: ["The channels are embedded ones on the system's clock: sockets would add nothing while nothing arrives."],

  async start(contender, _one, bench) {
    const child = startMicro(contender, [contender.name], bench);
    return { measure: async (ms) => ({ share: (await child.measure(ms)).ns / NS_PER_PERCENT }), end: child.end };
  },
};
