import { startMicro } from "../micro/measured.mjs";

const script = "micro/idle-read.mjs";
const ALLOWED_NS = 15;

export const idleRead = {
  name: "idle-read",
  title: "What idle detection adds to a read",
  asks: "How much more does a read cost with an IdleStateHandler of all three kinds in front of the pipeline?",
  metrics: [{ key: "ns", title: "more CPU per read", unit: "ns" }],
  cases: [1, 4, 16, 64].map((burst) => ({
    name: burst === 1 ? "bursts of one read" : `bursts of ${burst} reads`,
    burst,
    isExtra: burst > 1,
    ownAtMost: ALLOWED_NS,
  })),
  contenders: [{ name: "sluice", title: "Sluice, with and without", by: "sluice", script }],
  plan: { full: { launches: 1, rounds: 11, roundMs: 200 } },
  unfair: [
    "A read costs the hop; the end of a burst, which also marks the moment, is shared by the reads of the burst. A burst of one read pays for both.",
    "All reads of one channel in a tight loop are the best case: with many channels each finds its objects in a cold cache.",
  ],

  /** Two processes; a turn is the difference of theirs. */
  async start(contender, { burst }, bench) {
    const [withIdle, without] = ["with", "without"].map((name) => startMicro(contender, [name, burst], bench));
    return {
      async measure(ms) {
        const [more, less] = [await withIdle.measure(ms), await without.measure(ms)];
        return { ns: more.ns - less.ns };
      },
      end: () => Promise.all([withIdle.end(), without.end()]),
    };
  },
};
