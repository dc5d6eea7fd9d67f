// A server with a usual pipeline that answers `measure` with what it holds after collection.
import process from "node:process";
import {
  IdleStateHandler,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ServerBootstrap,
  systemClock,
  tcp,
} from "sluice";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    p
      .addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 60_000 }))
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
      .addLast({ channelRead: (ctx, frame) => ctx.writeAndFlush(frame) }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

process.on("message", async (what) => {
  if (what === "stop") {
    await server.shutdown();
    return process.disconnect();
  }
  // Sockets are destroyed over a few turns of the loop; what they held can be collected after that.
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  process.send({
    open: server.children.size,
    timers: systemClock.pending,
    sockets: resources.TCPSocketWrap ?? 0,
    timeouts: resources.Timeout ?? 0,
    bytes: process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers,
  });
});
process.send({ port: server.localAddress.port });
