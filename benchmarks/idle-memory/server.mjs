// An echo server, on bare `node:net` or with a usual pipeline of five handlers, that tells what is on its heap.
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import {
  ChannelInboundHandler,
  IdleStateHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ServerBootstrap,
  tcp,
} from "sluice";

class Echo extends ChannelInboundHandler {
  channelRead(ctx, message) {
    ctx.writeAndFlush(message);
  }
}

const port = process.argv[2] === "net" ? await bare() : await sluice();

process.on("message", async () => {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  process.send({ heapUsed: process.memoryUsage().heapUsed });
});
process.on("disconnect", () => process.exit());
process.send({ port });

async function bare() {
  const server = createServer((socket) => {
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

async function sluice() {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      p
        .addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 60_000 }))
        .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
        .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
        .addLast(new JsonCodec())
        .addLast(new Echo()),
    )
    .bind({ host: "127.0.0.1", port: 0 });
  return server.localAddress.port;
}
