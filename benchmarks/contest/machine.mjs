// What the figures depend on besides the contenders: the machine, the versions, and who else was at work.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";

export const cores = cpus().length;
export const canPin = cores > 1 && spawnSync("taskset", ["--version"]).status === 0;
/** CPU time and memory of other processes are read there. */
export const hasProc = existsSync("/proc/self/stat");

export function describeMachine(netty) {
  return {
    cpu: `${cores} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    node: `Node.js ${process.version}, V8 ${process.versions.v8}, libuv ${process.versions.uv}`,
    netty,
    pinned: canPin ? "server and load on a core each" : "not pinned to cores",
  };
}

/** Processes that wanted to run in the last minute. */
export function load() {
  return loadavg()[0];
}

/** Of an installed package, whether or not it exports its manifest. */
export function versionOf(name) {
  for (const folder of createRequire(import.meta.url).resolve.paths(name)) {
    const path = `${folder}/${name}/package.json`;
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")).version;
  }
  return "";
}
