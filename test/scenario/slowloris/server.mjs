// The hardened server of the examples, on a clock that is told how fast to go. Says what became of its connections.
import process from "node:process";
import { FastClock } from "../../../docs/dist/examples/hardened-server/fast-clock.js";
import { hardenedServer } from "../../../docs/dist/examples/hardened-server/hardened-server.js";

const server = await hardenedServer()
  .clock(new FastClock(Number(process.argv[2])))
  .bind({ host: "127.0.0.1", port: 0 });
const errors = {};
server.children.on("error", ({ code }) => {
  errors[code] = (errors[code] ?? 0) + 1;
});
process.on("message", () => process.send({ open: server.children.size, errors }));
process.send({ port: server.localAddress.port });
