import { memoryOf } from "../contest/process-usage.mjs";
import * as servers from "../servers/index.mjs";

const SETTLE_MS = 300;

export const idleMemory = {
  name: "idle-memory",
  title: "Memory of idle connections",
  asks: "What does a connection hold that has exchanged one frame and now waits?",
  isServed: true,
  metrics: [
    { key: "heap", title: "heap", unit: "B" },
    { key: "resident", title: "resident", unit: "B" },
  ],
  cases: [1000, 10_000].map((count) => ({
    name: `${count} connections`,
    connections: count,
    isExtra: count < 10_000,
    isAlone: true,
    atMost: { "netty-nio": 1, "net-unframed": { resident: 1.5 } },
  })),
  contenders: [
    servers.sluice,
    servers.nettyNio,
    servers.netUnframed,
    { ...servers.netUnframed, name: "net-timeout", title: "net, with setTimeout", role: "idle-timeout" },
  ],
  plan: { full: { launches: 1, rounds: 3, warmUpMs: 0 }, quick: { rounds: 1, warmUpMs: 0 } },
  unfair: [
    "Sluice and Netty have five handlers in each pipeline, idle timers among them; net has a listener, or a listener and a timeout, and no frames.",
    "The heap is compared after a collection. Resident memory of a JVM is mostly heap it has not given back, so it is shown and says little there.",
    "The kernel's memory for a socket is the same for all and not in these figures.",
  ],

  async start(contender, { connections }, bench) {
    const server = bench.server(contender, contender.role ?? "idle");
    const { port } = await server.answer();
    let load;
    const hold = async (count) => {
      load = bench.load({ mode: "hold", port, connections: count, size: 64 });
      await load.answer();
    };
    const held = async () => {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const { heapBytes } = await server.ask("collect");
      return { heap: heapBytes, resident: memoryOf(server.pid).resident };
    };
    return {
      async measure() {
        // Code, tables and slabs are there after a few.
        await hold(100);
        await load.end();
        const before = await held();
        await hold(connections);
        const after = await held();
        return {
          heap: (after.heap - before.heap) / connections,
          resident: (after.resident - before.resident) / connections,
        };
      },
      end: () => Promise.all([load?.end(), server.end()]),
    };
  },
};
