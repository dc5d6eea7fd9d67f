// Keeps as many clients connected as it is told. It says when all have been lost, and once they are back when they had
// meant to try, when they did, and when they were ready again.
import process from "node:process";
import { Bootstrap, ByteBuf, tcp } from "sluice";

const AT_ONCE = 200;
const clients = [];
/** By the clock that delays go by; `back` by the time of the day, for another process. */
const attempts = [];
const planned = [];
const back = [];
let lost = 0;

process.on("message", async ({ port, count, ...delays }) => {
  const options = { ...delays, servers: [{ host: "127.0.0.1", port }], prepare };
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => watched(options));
    await Promise.all(batch.map((client) => client.ready()));
    clients.push(...batch);
  }
  process.send("ready");
});

/** A channel is ready when the server has answered on it. */
async function prepare(channel) {
  await channel.send(ByteBuf.from("hello"));
  const { done } = await channel.messages().next();
  if (done) throw new Error("the server has closed");
}

function watched(options) {
  let drawnAt = 0;
  const random = () => {
    drawnAt = performance.now();
    return Math.random();
  };
  const client = new Bootstrap().transport(tcp()).reconnect({ ...options, random });
  client.once("disconnected", () => {
    watch(client, () => drawnAt);
    if (++lost === clients.length) process.send("lost");
  });
  return client;
}

function watch(client, drawnAt) {
  client.on("waiting", (delayMs) => planned.push(drawnAt() + delayMs));
  client.on("connecting", () => attempts.push(performance.now()));
  client.on("ready", () => {
    if (back.push(Date.now()) === clients.length) process.send({ planned, attempts, back });
  });
}
