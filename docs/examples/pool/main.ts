import { Bootstrap, type Channel, ChannelPool, tcp } from "sluice";
import { calculator, lines } from "./calculator.js";

await using server = await calculator();
const bootstrap = new Bootstrap().transport(tcp()).handler(lines);

await using pool = new ChannelPool({
  connect: ({ signal }) => bootstrap.connect({ ...server.localAddress, signal }),
  maxConnections: 2,
  checkOnAcquire: async (channel) => (await ask(channel, "ping")) === "pong",
});
pool.on("closed", (_channel, reason) => console.log(`closed: ${reason}`));

async function ask(channel: Channel<string, string>, question: string): Promise<string | undefined> {
  await channel.send(question);
  for await (const answer of channel.messages()) return answer;
  return undefined;
}

/** Several lines that belong together: the connection must be nobody else's meanwhile. */
function sum(...numbers: number[]): Promise<string | undefined> {
  return pool.use(
    (channel) => {
      for (const number of numbers) channel.write(String(number));
      return ask(channel, "sum");
    },
    { timeoutMs: 5000 },
  );
}

const sums = await Promise.all([sum(1, 2), sum(3, 4), sum(5, 6), sum(7, 8, 9)]);
console.log(`${sums.join(", ")} over ${pool.totals.created} connections`);

// A connection that dies while nobody uses it is forgotten.
await server.children.close();
console.log(`${await sum(10, 11)} over ${pool.totals.created} connections`);
