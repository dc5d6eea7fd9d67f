// A process that measures itself: for as many milliseconds as each line of its input says, in ns an operation.
import { createInterface } from "node:readline";

/** @param {() => number | Promise<number>} work does some operations and tells how many */
export async function takeTurns(work) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await measure(work, Number(line))));
  }
  process.exit();
}

/** CPU time of the whole process: whoever collects its garbage belongs to it. */
async function measure(work, ms) {
  const before = process.cpuUsage();
  let operations = 0;
  let used;
  do {
    const done = work();
    // Waiting costs a turn of the microtask queue, which only those should pay who need it.
    operations += typeof done === "number" ? done : await done;
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  } while (used < ms * 1000);
  return { operations, ns: (used * 1000) / operations };
}
