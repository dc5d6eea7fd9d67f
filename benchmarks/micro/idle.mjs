// Fifty thousand idle timeouts far away, and nothing else to do: `idle.mjs sluice | timeouts | intervals`.
//
// An operation is to wait for a second.
import { createInterface } from "node:readline";
import { IdleStateHandler, systemClock } from "sluice";

const CHANNELS = 50_000;
const IDLE_MS = 300_000;
const PING_MS = 30_000;

const keep = await {
  async sluice() {
    const { EmbeddedChannel } = await import("@sluice/core/embedded");
    const make = () =>
      new EmbeddedChannel({ handlers: [new IdleStateHandler({ readerIdleMs: IDLE_MS })], clock: systemClock });
    const channels = Array.from({ length: CHANNELS }, make);
    if (systemClock.pending < CHANNELS) throw new Error("the channels have no timeouts");
    return channels;
  },
  timeouts: async () => Array.from({ length: CHANNELS }, () => setTimeout(() => {}, IDLE_MS)),
  /** As servers that ping: spread over the interval, as connections are that came one by one. */
  intervals: async () =>
    Array.from({ length: CHANNELS }, (_, i) =>
      setTimeout(() => setInterval(() => {}, PING_MS), (i / CHANNELS) * PING_MS),
    ),
}[process.argv[2]]();

for await (const line of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, Number(line)));
  const { user, system } = process.cpuUsage(before);
  const operations = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ operations, ns: ((user + system) * 1000) / operations }));
}
process.exit(keep.length > 0 ? 0 : 1);
