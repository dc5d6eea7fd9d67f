import {
  formatAddress,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  ServerShutdownEvent,
  StringDecoder,
  tcp,
  WorkerGroup,
} from "sluice";

const server = await new ServerBootstrap()
  .transport(tcp())
  .workers({ count: 2, signals: true, shutdown: { quietMs: 300, timeoutMs: 6000 } })
  .childHandler((p) =>
    p
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder())
      .addLast({
        channelRead: (ctx, line) => ctx.writeAndFlush(`${process.pid}: ${line.toUpperCase()}`),
        userEventTriggered: (ctx, event) => {
          if (event instanceof ServerShutdownEvent) ctx.writeAndFlush("goodbye");
        },
      }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

if (server instanceof WorkerGroup) {
  console.log(`Listening on ${formatAddress(server.localAddress)}.`);
  server.on("started", ({ number }) => console.log(`Worker ${number} starts.`));
  server.on("ready", ({ number }) => console.log(`Worker ${number} serves.`));
  server.on("died", (_worker, { message }) => console.log(`${message}.`));
  process.on("SIGHUP", async () => {
    const { departed, closed, forced } = await server.reload();
    console.log(`Reloaded. Departed: ${departed}, closed: ${closed}, cut: ${forced}.`);
  });

  await server.closed;
  const { accepted, bytesRead } = server.counters.total;
  console.log(`Served ${accepted} connections and ${bytesRead} bytes.`);
}
