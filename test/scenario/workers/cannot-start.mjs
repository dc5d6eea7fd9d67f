// A server whose workers fail: by themselves before they bind, by never binding, because the address is taken, or because
// they are to share it in a way that this Node does not know.
import cluster from "node:cluster";
import process from "node:process";
import { ServerBootstrap, tcp, WorkerGroup } from "sluice";

const [how, port] = process.argv.slice(2);
if (cluster.isWorker && how === "exits") process.exit(3);
if (cluster.isWorker && how === "hangs") await new Promise((resolve) => setTimeout(resolve, 60_000));

try {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .workers({
      count: 2,
      restartDelayMs: 10,
      maxRestarts: how === "hangs" ? 0 : 2,
      startTimeoutMs: 2000,
      scheduling: how === "shares" ? "reuse-port" : "round-robin",
    })
    .childHandler(() => {})
    .bind({ host: "127.0.0.1", port: Number(port) });
  if (server instanceof WorkerGroup) process.send({ workers: server.workers.length });
} catch ({ code, message }) {
  process.send({ code, message });
}
