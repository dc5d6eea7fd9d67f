// Sends a file to whoever connects, and prints what it held at most when it is told to end.

import { createReadStream } from "node:fs";
import { ChannelOption, ChunkedInput, ChunkedWriteHandler, ServerBootstrap, tcp } from "sluice";

const [file] = process.argv.slice(2);
const before = process.memoryUsage.rss();
const most = { queuedBytes: 0, rssBytes: 0, progressBytes: 0 };

const server = await new ServerBootstrap()
  .transport(tcp())
  .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
  .childHandler((p) =>
    p
      .addLast({
        write(ctx, message, completion) {
          ctx.write(message, completion);
          most.queuedBytes = Math.max(most.queuedBytes, ctx.channel.engine.queue.pendingBytes);
        },
      })
      .addLast(new ChunkedWriteHandler())
      .addLast({
        channelActive(ctx) {
          const onProgress = ({ bytes }) => {
            most.progressBytes = bytes;
            most.rssBytes = Math.max(most.rssBytes, process.memoryUsage.rss() - before);
          };
          const { channel } = ctx;
          channel
            .writeAndFlush(new ChunkedInput(() => createReadStream(file), { onProgress }))
            .finally(() => channel.close());
        },
      }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

process.send({ port: server.localAddress.port });
process.on("message", async () => {
  await server.shutdown({ timeoutMs: 1000 });
  process.send(most);
  process.disconnect();
});
