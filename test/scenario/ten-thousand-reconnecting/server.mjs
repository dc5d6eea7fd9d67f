// An echo server on the port it is told, or on any; it lives until it is killed.
import process from "node:process";
import { ServerBootstrap, tcp } from "sluice";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => p.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }))
  .bind({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0) });

process.send({ port: server.localAddress.port, at: Date.now() });
