// Holds 50 000 channels of this process, each with idle timers for both directions, and tells what it costs to let them be.
import process from "node:process";

/** The native timers that are set: the host does not count those that hold no process. */
const native = new Set();
const { setTimeout, clearTimeout } = globalThis;
globalThis.setTimeout = (callback, delayMs, ...args) => {
  const handle = setTimeout(() => {
    native.delete(handle);
    callback(...args);
  }, delayMs);
  native.add(handle);
  return handle;
};
globalThis.clearTimeout = (handle) => {
  native.delete(handle);
  clearTimeout(handle);
};

const { local } = await import("@sluice/core/local");
const { Bootstrap, IdleStateEvent, IdleStateHandler, ServerBootstrap, systemClock } = await import("sluice");

const CONNECTIONS = 25_000;
let events = 0;

const init = (p) =>
  p.addLast(new IdleStateHandler({ readerIdleMs: 30_000, writerIdleMs: 30_000 })).addLast({
    userEventTriggered(ctx, event) {
      if (event instanceof IdleStateEvent) events++;
      else ctx.fireUserEventTriggered(event);
    },
  });

const server = await new ServerBootstrap().transport(local()).childHandler(init).bind({ local: "many" });
const clients = [];
while (clients.length < CONNECTIONS) {
  const batch = Array.from({ length: 100 }, () =>
    new Bootstrap().transport(local()).handler(init).connect({ local: "many" }),
  );
  clients.push(...(await Promise.all(batch)));
}

process.on("message", async (what) => {
  if (what.events !== undefined) {
    while (events < what.events) await new Promise((resolve) => setTimeout(resolve, 100));
    return process.send({ events });
  }
  // What opening them has left behind is not what letting them be costs.
  for (let i = 0; i < 2; i++) globalThis.gc();
  const before = { cpu: process.cpuUsage(), at: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, what.ms));
  const { user, system } = process.cpuUsage(before.cpu);
  process.send({
    channels: server.children.size + clients.filter((client) => client.isActive).length,
    timeouts: systemClock.pending,
    nativeTimers: native.size,
    events,
    cpuShare: (user + system) / 1000 / (performance.now() - before.at),
  });
});
process.send("open");
