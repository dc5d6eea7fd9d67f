import { Bootstrap, tcp } from "sluice";
import { lines, serve } from "./lines.js";

const first = await serve(0);
const { port } = first.localAddress as { port: number };

await using client = new Bootstrap()
  .transport(tcp())
  .handler(lines)
  .reconnect({
    servers: [{ host: "127.0.0.1", port }],
    initialDelayMs: 100,
    maxDelayMs: 1000,
    prepare: async (channel) => {
      await channel.send("login sensor 7");
      const { value } = await channel.messages().next();
      if (value !== "welcome") throw new Error(`not welcome: ${value}`);
    },
  });

client.on("ready", () => console.log("ready"));
client.on("disconnected", () => console.log("disconnected"));
client.on("unsent", (messages, error) => console.log("not sent:", messages, error.message));
client.on("uncertain", (messages, error) => console.log("perhaps delivered:", messages, error.message));

const answers = client.messages();
await client.send("21.5 °C");
console.log((await answers.next()).value);

const disconnected = new Promise((resolve) => client.once("disconnected", resolve));
await first.shutdown();
await disconnected;

// Nobody is there: this waits in the queue until the client has connected and logged in again.
const sending = client.send("21.7 °C");
const second = await serve(port);
await sending;
console.log((await answers.next()).value);

await client.close();
await second.shutdown();
