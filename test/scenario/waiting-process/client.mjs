// A program that does nothing but wait for a server which is not there, until it gives up.
import process from "node:process";
import { Bootstrap, tcp } from "sluice";

const client = new Bootstrap().transport(tcp()).reconnect({
  servers: [{ host: "127.0.0.1", port: Number(process.argv[2]) }],
  initialDelayMs: 100,
  random: () => 0.9,
  maxAttempts: 3,
});
client.on("waiting", (delayMs, attempt) => console.log(`attempt ${attempt} in ${delayMs} ms`));
client.on("stopped", (cause) => console.log(cause.code));
