// Keeps as many clients connected as it is told. It says when all have been lost, and once they are back when they had
// meant to try, when they did, and when they were ready again.
import process from "node:process";
import { Bootstrap, ByteBuf, tcp } from "sluice";

const AT_ONCE = 200;
const clients = [];
const attempts = [];
const planned = [];
const back = [];
let lost = 0;

process.on("message", async ({ port, count, ...delays }) => {
  const bootstrap = new Bootstrap().transport(tcp());
  const options = { ...delays, servers: [{ host: "127.0.0.1", port }], prepare };
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => bootstrap.reconnect(options));
    clients.push(...batch);
    await Promise.all(batch.map((client) => client.ready()));
  }
  for (const client of clients) watch(client);
  process.send("ready");
});

/** A channel is ready when the server has answered on it. */
async function prepare(channel) {
  await channel.send(ByteBuf.from("hello"));
  const { done } = await channel.messages().next();
  if (done) throw new Error("the server has closed");
}

function watch(client) {
  client.on("waiting", (delayMs) => planned.push(Date.now() + delayMs));
  client.once("disconnected", () => {
    if (++lost === clients.length) process.send("lost");
  });
  client.on("connecting", () => attempts.push(Date.now()));
  client.on("ready", () => {
    if (back.push(Date.now()) === clients.length) process.send({ planned, attempts, back });
  });
}
