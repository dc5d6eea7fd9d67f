// An echo server that tells its port and, on request, how many connections are open.
import process from "node:process";
import { ServerBootstrap, tcp } from "sluice";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => p.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }))
  .bind({ host: "127.0.0.1", port: 0 });

process.on("message", () => process.send({ open: server.children.size }));
process.send({ port: server.localAddress.port });
