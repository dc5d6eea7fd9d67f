// A server whose workers fail: by themselves before they bind, by never binding, or because the address is taken.
import process from "node:process";
import { ServerBootstrap, tcp, WorkerGroup } from "sluice";

const [how, port] = process.argv.slice(2);
const isWorker = process.env.SLUICE_WORKER !== undefined;
if (isWorker && how === "exits") process.exit(3);
if (isWorker && how === "hangs") await new Promise((resolve) => setTimeout(resolve, 60_000));

try {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .workers({ count: 2, restartDelayMs: 10, maxRestarts: how === "hangs" ? 0 : 2, startTimeoutMs: 2000 })
    .childHandler(() => {})
    .bind({ host: "127.0.0.1", port: Number(port) });
  if (server instanceof WorkerGroup) process.send({ bound: true });
} catch ({ code, message }) {
  process.send({ code, message });
}
