// How a server of Node.js talks with the contest: it prints its port, answers each line, and ends with its input.
import { PerformanceObserver } from "node:perf_hooks";
import { createInterface } from "node:readline";

export function announce(port) {
  let collections = 0;
  let collectionMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections++;
      collectionMs += duration;
    }
  }).observe({ entryTypes: ["gc"] });

  console.log(JSON.stringify({ port }));
  const input = createInterface({ input: process.stdin });
  input.on("line", async (line) => {
    if (line === "collect") await collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    console.log(JSON.stringify({ collections, collectionMs, heapBytes: heapUsed + arrayBuffers }));
  });
  input.on("close", () => process.exit());
}

/** What a socket held is let go over a few turns of the loop. */
async function collect() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
}
