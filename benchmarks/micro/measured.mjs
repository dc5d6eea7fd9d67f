// A process that measures itself, as one contender of a contest.
import { hasProc } from "../contest/machine.mjs";
import { cpuOf } from "../contest/process-usage.mjs";

export const NANOSECONDS = { key: "ns", title: "CPU", unit: "ns" };

/** @param args what its script is told on its command line */
export function startMicro(contender, args, bench) {
  const child = bench.micro(contender, args);
  return {
    async measure(ms) {
      if (!hasProc) return { ns: (await child.ask(ms)).ns };
      // The kernel's account is exact; the one a JVM can see of itself comes in steps of 10 ms.
      const before = cpuOf(child.pid).total;
      const { operations } = await child.ask(ms);
      return { ns: ((cpuOf(child.pid).total - before) * 1e6) / operations };
    },
    end: () => child.end(),
  };
}
