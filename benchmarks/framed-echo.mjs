// CPU time of a framed echo server per frame, side by side. See README.md for how to read it.
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const CASES = [
  { connections: 64, size: 64, depth: 1 },
  { connections: 64, size: 64, depth: 16 },
  { connections: 64, size: 64, depth: 256 },
  { connections: 8, size: 16 * 1024, depth: 4 },
];
const SERVERS = ["net-slab", "net-unframed", "sluice"];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    depth: { type: "string" },
  },
});
const canPin = spawnSync("taskset", ["--version"]).status === 0;

console.log(`node ${process.version}, ${canPin ? "server and load on a core each" : "not pinned to cores"}`);
for (const one of CASES.filter(({ depth }) => values.depth === undefined || depth === Number(values.depth))) {
  const runs = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const run = {};
    for (const name of SERVERS) run[name] = await measure(name, one);
    runs.push(run);
  }
  console.log(`\n${one.connections} connections × ${one.size} B × ${one.depth} under way: CPU µs per frame (median)`);
  for (const name of SERVERS) {
    const ratios = SERVERS.filter((other) => other !== name).map(
      (other) => `${median(runs.map((run) => run[name] / run[other])).toFixed(2)} × ${other}`,
    );
    console.log(
      `  ${name.padEnd(14)}${median(runs.map((run) => run[name]))
        .toFixed(3)
        .padStart(9)}   ${ratios.join("   ")}`,
    );
  }
}

async function measure(name, { connections, size, depth }) {
  const server = pinned(0, `servers/${name}.mjs`, []);
  const [{ port }] = await once(server, "message");
  const load = pinned(1, "load.mjs", [port, connections, size, depth, values.seconds]);
  await once(load, "message");
  const before = await cpuOf(server);
  load.send("go");
  const [{ frames }] = await once(load, "message");
  const used = (await cpuOf(server)) - before;
  server.disconnect();
  await once(server, "exit");
  return used / frames;
}

async function cpuOf(server) {
  server.send("cpu");
  const [{ cpu }] = await once(server, "message");
  return cpu;
}

function pinned(core, script, args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  if (!canPin) return fork(path, args.map(String));
  return fork(path, args.map(String), { execPath: "taskset", execArgv: ["-c", String(core), process.execPath] });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
