// The hardened server of the examples; answers with what it holds after collection.
import { readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "sluice";
import { hardenedServer } from "../../../docs/dist/examples/hardened-server/hardened-server.js";

const server = await hardenedServer().bind({ host: "127.0.0.1", port: 0 });
const errors = {};
let accepted = 0;
server.pipeline.addFirst({
  channelRead(ctx, connection) {
    accepted++;
    ctx.fireChannelRead(connection);
  },
});
server.children.on("error", ({ code }) => {
  errors[code] = (errors[code] ?? 0) + 1;
});
server.on("error", ({ code }) => {
  errors[code] = (errors[code] ?? 0) + 1;
});

process.on("message", async () => {
  for (let i = 0; i < 4; i++) {
    await setTimeout(50);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  const descriptors = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  process.send({
    accepted,
    errors,
    open: server.children.size,
    timers: systemClock.pending,
    descriptors,
    bytes: heapUsed + external,
  });
});
process.send({ port: server.localAddress.port });
