// What another process has used, as the kernel accounts for it.
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

/** CPU time so far in ms. Of all threads: whoever compiles for a server or collects its garbage belongs to it. */
export function cpuOf(pid) {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  const [user, system] = [Number(fields[11]) * TICK_MS, Number(fields[12]) * TICK_MS];
  return { total: Math.max(exactly(pid), user + system), user, system };
}

/** Bytes of physical memory: now, and at most so far. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
}

/** To the nanosecond where the kernel keeps it; a thread that has ended since would be missing, so the greater counts. */
function exactly(pid) {
  try {
    let sum = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
    }
    return sum / 1e6;
  } catch {
    return 0;
  }
}

function read(path) {
  return readFileSync(path, "utf8");
}
