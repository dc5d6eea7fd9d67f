// What an idle TCP connection holds on the heap, side by side with bare `node:net`. See README.md.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { connections: { type: "string", default: "4000" } } });
const connections = Number(values.connections);
/** Opened before the first look, so that tables have grown and code is compiled. */
const WARM_UP = 1000;

console.log(`node ${process.version}, ${connections} connections that have each echoed a frame`);
const bytes = {};
for (const kind of ["net", "sluice"]) {
  const server = start("server.mjs", [kind], ["--expose-gc"]);
  const { port } = await answer(server);
  const clients = start("clients.mjs", [port], []);
  await opened(clients, WARM_UP);
  const before = await held(server);
  await opened(clients, connections);
  bytes[kind] = ((await held(server)) - before) / connections;
  clients.disconnect();
  server.disconnect();
  console.log(`  ${kind.padEnd(8)}${bytes[kind].toFixed(0).padStart(6)} bytes of heap each`);
}
console.log(`  ${"more".padEnd(8)}${(bytes.sluice - bytes.net).toFixed(0).padStart(6)}`);

function start(script, args, execArgv) {
  return fork(fileURLToPath(new URL(`idle-memory/${script}`, import.meta.url)), args.map(String), { execArgv });
}

async function opened(clients, count) {
  clients.send(count);
  await answer(clients);
}

async function held(server) {
  server.send("measure");
  return (await answer(server)).heapUsed;
}

async function answer(child) {
  return (await once(child, "message"))[0];
}
