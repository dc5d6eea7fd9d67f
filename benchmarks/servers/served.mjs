// A server and the load on it, as one contender: a turn tells what the server's process used for what it was asked.
import { cpuOf, memoryOf } from "../contest/process-usage.mjs";

const MIB = 2 ** 20;

/** What a turn of a served contender measures; scenarios show some of it, the first as what is compared. */
export const METRICS = {
  cpu: { key: "cpu", title: "CPU per frame", unit: "µs" },
  cpuPerMiB: { key: "cpuPerMiB", title: "CPU per MiB", unit: "µs" },
  perSecond: { key: "perSecond", title: "frames/s", unit: "" },
  system: { key: "systemShare", title: "in the kernel", unit: "%" },
  peak: { key: "peakMiB", title: "peak memory", unit: "MiB" },
  collections: { key: "collections", title: "collections/s", unit: "" },
  collecting: { key: "collectingShare", title: "collecting", unit: "%" },
  load: { key: "loadShare", title: "load busy", unit: "%" },
  p50: { key: "p50", title: "p50", unit: "µs" },
  p99: { key: "p99", title: "p99", unit: "µs" },
  p999: { key: "p999", title: "p99.9", unit: "µs" },
  lag: { key: "lag", title: "sent late by at most", unit: "µs" },
};

/** @param traffic mode, connections, size, depth and rate of the load; and the role of the server */
export async function startServed(contender, { role = "echo", ...traffic }, bench) {
  const server = bench.server(contender, role);
  let load;
  try {
    const { port } = await server.answer();
    load = bench.load({ ...traffic, port });
    await load.answer();
  } catch (error) {
    await Promise.all([server.end(), load?.end()]);
    throw error;
  }

  return {
    async measure(ms) {
      const statsBefore = await server.ask("stats");
      const before = cpuOf(server.pid);
      const runs = [];
      let used;
      do {
        runs.push(await load.ask(ms));
        used = cpuSince(before, server.pid);
      } while (traffic.mode !== "paced" && used.total < ms * LEAST_SHARE && runs.length < MOST_RUNS);
      const stats = await server.ask("stats");
      const [frames, time, loadMs] = ["frames", "ms", "cpuMs"].map((key) =>
        runs.reduce((sum, run) => sum + run[key], 0),
      );
      if (frames === 0) throw new Error("nothing came back in time");
      const { p50, p99, p999, lag } = runs[0];
      return {
        usedMs: used.total,
        cpu: (used.total * 1000) / frames,
        cpuPerMiB: (used.total * 1000) / ((frames * traffic.size) / MIB),
        perSecond: (frames * 1000) / time,
        systemShare: used.ticks > 0 ? (100 * used.system) / used.ticks : undefined,
        peakMiB: memoryOf(server.pid).peak / MIB,
        collections: ((stats.collections - statsBefore.collections) * 1000) / time || 0,
        collectingShare: (100 * (stats.collectionMs - statsBefore.collectionMs)) / time || 0,
        loadShare: (100 * loadMs) / time,
        ...{ p50, p99, p999, lag },
      };
    },
    end: () => Promise.all([load.end(), server.end()]),
  };
}

function cpuSince(before, pid) {
  const after = cpuOf(pid);
  const system = after.system - before.system;
  return { total: after.total - before.total, system, ticks: after.user - before.user + system };
}

/** Where others use the machine, a turn goes on until the server has been given a fair part of it, within reason. */
const LEAST_SHARE = 0.5;
const MOST_RUNS = 5;
