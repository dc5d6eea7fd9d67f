// An echo of lines in processes as the first argument says, over TLS if there is a second; the primary does what it is told.
import process from "node:process";
import {
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  ServerShutdownEvent,
  StringDecoder,
  tcp,
  tls,
  WorkerGroup,
} from "sluice";

const [workers, certificate] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const server = await new ServerBootstrap()
  .transport(certificate === undefined ? tcp() : tls(certificate))
  .workers(workers)
  .childHandler((p) =>
    p
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder())
      .addLast({
        channelRead: (ctx, line) => ctx.writeAndFlush(`${process.pid} ${line}`),
        userEventTriggered: (ctx, event) => {
          if (event instanceof ServerShutdownEvent) ctx.writeAndFlush("goodbye");
        },
      }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

if (server instanceof WorkerGroup) {
  const events = [];
  for (const event of ["started", "ready", "died", "stopped"]) {
    server.on(event, ({ number, pid }, reason) => events.push({ event, number, pid, reason: reason?.message }));
  }
  server.on("restarting", (number, delayMs) => events.push({ event: "restarting", number, delayMs }));
  const orders = {
    count: () => server.count(),
    events: () => events,
    reload: () => server.reload(),
    shutdown: () => server.shutdown(),
  };
  process.on("message", async (order) => process.send({ [order]: await orders[order]() }));
  process.send({ port: server.localAddress.port, workers: server.workers });
  // The test's own channel would keep it.
  await server.closed;
  setImmediate(() => process.disconnect());
}
