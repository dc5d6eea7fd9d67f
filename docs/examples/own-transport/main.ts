/** A server in this thread and a client in a worker, connected by a port that the worker sends over. */
import { isMainThread, type MessagePort, parentPort, Worker } from "node:worker_threads";
import { Bootstrap, LineBasedFrameDecoder, LineEncoder, ServerBootstrap, StringDecoder } from "sluice";
import { knock } from "./port-listener.js";
import { ports } from "./port-transport.js";

if (isMainThread) await serve();
else await ask();

async function serve(): Promise<void> {
  await using _server = await new ServerBootstrap()
    .transport(ports())
    .childHandler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder())
        .addLast(new LineEncoder())
        .addLast({ channelRead: (ctx, line) => ctx.writeAndFlush(line.toUpperCase()) }),
    )
    .bind({ local: "shouting" });

  const worker = new Worker(new URL(import.meta.url));
  worker.on("message", ([server, port, client]: [string, MessagePort, string]) => knock(server, port, client));
  await new Promise((resolve) => worker.on("exit", resolve));
}

async function ask(): Promise<void> {
  await using channel = await new Bootstrap()
    .transport(ports({ dial: (server, port, client) => parentPort?.postMessage([server, port, client], [port]) }))
    .handler((p) => p.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()))
    .connect({ local: "shouting" });
  await channel.send("from one thread");
  await channel.send("to another");
  let lines = 0;
  for await (const line of channel.messages()) {
    console.log(line);
    if (++lines === 2) break;
  }
}
