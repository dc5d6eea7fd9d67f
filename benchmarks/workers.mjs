// What it costs to share a port, and what a second worker gives. See README.md for how to read it. Linux only.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const CLOCK_TICK_MICROS = 10_000;
const WORK_MICROS = 100;
const SHARING = {
  "no workers": null,
  "round-robin, 2": { count: 2, scheduling: "round-robin" },
  "reuse-port, 2": { count: 2, scheduling: "reuse-port" },
};
const SCALING = { "1 worker": { count: 1 }, "2 workers": { count: 2 } };

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "3" }, rounds: { type: "string", default: "5" } },
});

console.log(
  `node ${process.version}\n\none question per connection, 32 at once: CPU µs of the server per connection (median)`,
);
const sharing = await rounds(SHARING, "connect", 32, 0);
for (const [name, runs] of Object.entries(sharing)) {
  const column = (pick) => median(runs.map(pick)).toFixed(1).padStart(8);
  const share = runs.at(-1).accepted.join(" : ");
  console.log(
    `  ${name.padEnd(16)} primary ${column((run) => run.primary)}   workers ${column((run) => run.workers)}   ${share}`,
  );
}

console.log(`\n${WORK_MICROS} µs of work per question, 32 connections: questions per second (median)`);
const scaling = await rounds(SCALING, "ask", 32, WORK_MICROS);
for (const [name, runs] of Object.entries(scaling)) {
  console.log(
    `  ${name.padEnd(16)}${median(runs.map(({ rate }) => rate))
      .toFixed(0)
      .padStart(8)}`,
  );
}

/** All contenders in turn, as often as said; a contender that cannot be started is left out. */
async function rounds(contenders, mode, atOnce, spinMicros) {
  const runs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of Object.keys(runs)) {
      const run = await measure(contenders[name], mode, atOnce, spinMicros);
      if (run === undefined) {
        console.log(`  ${name} cannot run here`);
        delete runs[name];
      } else runs[name].push(run);
    }
  }
  return runs;
}

async function measure(options, mode, atOnce, spinMicros) {
  const server = start("server.mjs", JSON.stringify(options), spinMicros);
  const exit = once(server, "exit");
  const first = await Promise.race([once(server, "message"), exit.then(() => undefined)]);
  if (first === undefined) return undefined;
  const [{ port, pids }] = first;
  const clients = start("clients.mjs", port, mode, atOnce);
  await once(clients, "message");
  await go(clients, 1);
  const cpu = () => [cpuMicros(server.pid), pids.reduce((sum, pid) => sum + cpuMicros(pid), 0)];
  const before = cpu();
  const answers = await go(clients, Number(values.seconds));
  const [primary, workers] = cpu().map((micros, i) => (micros - before[i]) / answers);
  server.send("accepted");
  const [{ accepted }] = await once(server, "message");
  clients.disconnect();
  server.disconnect();
  await exit;
  return { primary, workers, accepted, rate: answers / Number(values.seconds) };
}

async function go(clients, seconds) {
  clients.send({ seconds });
  const [{ answers }] = await once(clients, "message");
  return answers;
}

/** Of all threads of a process, in user and system mode. */
function cpuMicros(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MICROS;
}

function start(script, ...args) {
  return fork(fileURLToPath(new URL(`workers/${script}`, import.meta.url)), args.map(String), {
    stdio: ["ignore", "inherit", "ignore", "ipc"],
  });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
