import { setImmediate } from "node:timers/promises";
import { Bootstrap, ByteBuf, LineBasedFrameDecoder, type SocketAddress, StringDecoder, tcp } from "sluice";
import { type Tick, ticker, ticks } from "./ticker.js";

const SYMBOLS = ["TIN", "ORE", "OIL"];
const CONTRACT = "three months, per tonne, delivered to any warehouse";
const TICKS = 90_000;

/** A client that counts lines and remembers the last one of each symbol. */
async function subscribe(to: SocketAddress, wish: "all" | "latest") {
  const seen = { count: 0, last: new Map<string, number>() };
  const channel = await new Bootstrap()
    .transport(tcp())
    .handler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder({ framed: true }))
        .addLast({
          channelRead: (_ctx, line) => {
            const { symbol, price } = JSON.parse(line) as Tick;
            seen.count++;
            seen.last.set(symbol, price);
          },
        }),
    )
    .connect(to as { host: string; port: number });
  await channel.send(ByteBuf.from(`${wish}\n`));
  return { channel, seen };
}

await using server = await ticker().bind({ host: "127.0.0.1", port: 0 });
const fast = await subscribe(server.localAddress, "all");
const slow = await subscribe(server.localAddress, "latest");
while (ticks.readers < 2) await setImmediate();

slow.channel.autoRead = false;
for (let i = 0; i < TICKS; i++) {
  ticks.publish({ symbol: SYMBOLS[i % SYMBOLS.length] as string, contract: CONTRACT, price: i });
  // The producer waits for those who want everything, and for nobody else.
  if (!ticks.isReady) await ticks.ready();
}
while (fast.seen.count < TICKS) await setImmediate();
console.log(`the fast reader got all ${fast.seen.count} ticks`);

slow.channel.autoRead = true;
while (ticks.behind > 0 || slow.seen.last.get("OIL") !== fast.seen.last.get("OIL")) await setImmediate();
const missed = TICKS - slow.seen.count;
console.log(
  `the slow reader missed ${missed > 0 ? "some" : "none"}, and all of them were coalesced: ${ticks.counts.coalesced === missed}`,
);
console.log(
  `it has the latest prices: ${[...slow.seen.last].map(([symbol, price]) => `${symbol} ${price}`).join(", ")}`,
);

await Promise.all([fast.channel.close(), slow.channel.close()]);
