import { startMicro } from "../micro/measured.mjs";

const script = "micro/observed.mjs";

export const observers = {
  name: "observers",
  title: "Counting and capturing",
  asks: "How much more does a message cost that is counted, or written into a capture?",
  metrics: [{ key: "ns", title: "more CPU per message", unit: "ns" }],
  cases: [64, 16 * 1024].map((size) => ({ name: size < 1024 ? `${size} B` : `${size / 1024} KiB`, size })),
  contenders: [
    { name: "metrics", title: "MetricsHandler", by: "sluice", script },
    { name: "passing", title: "a handler that only passes on", by: "sluice", script },
    { name: "capture", title: "PcapWriteHandler", by: "sluice", script },
  ],
  unfair: [
    "The sink of the capture forgets what it gets: what is measured are headers, the copy and the checksum, not a disk.",
  ],

  /** Two processes; a turn is the difference of theirs. */
  async start(contender, { size }, bench) {
    const [observed, none] = [contender.name, "none"].map((name) => startMicro(contender, [name, size], bench));
    return {
      async measure(ms) {
        const [more, less] = [await observed.measure(ms), await none.measure(ms)];
        return { ns: more.ns - less.ns };
      },
      end: () => Promise.all([observed.end(), none.end()]),
    };
  },
};
