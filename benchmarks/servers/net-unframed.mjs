// Sends back whatever arrives, chunk by chunk: no frames at all. The least that `node:net` costs as people use it.
import { createServer } from "node:net";
import { announce } from "./announce.mjs";

const IDLE_MS = 60_000;
const isIdle = process.argv[2] === "idle-timeout";

const server = createServer({ noDelay: true }, (socket) => {
  if (isIdle) socket.setTimeout(IDLE_MS);
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => {});
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));
