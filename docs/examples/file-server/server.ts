import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  ChannelInputShutdownEvent,
  ChannelOption,
  ChunkedInput,
  ChunkedWriteHandler,
  LineBasedFrameDecoder,
  ServerBootstrap,
  StringDecoder,
  tcp,
  WriteTimeoutHandler,
} from "sluice";

/** `size\n` and so many bytes, or `-1\n`. The file is opened when its turn has come, and closed whatever happens. */
async function* answer(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path).catch(() => undefined);
  const size = file === undefined ? -1 : (await file.stat()).size;
  yield new TextEncoder().encode(`${size}\n`);
  if (file !== undefined) yield* file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
}

/** Sends the files of a folder to whoever sends their names, line by line. */
export function startFileServer(folder: string) {
  return new ServerBootstrap()
    .transport(tcp())
    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
    .childHandler((p) =>
      p
        .addLast(new WriteTimeoutHandler(30_000))
        .addLast(new ChunkedWriteHandler())
        .addLast(new LineBasedFrameDecoder({ maxLength: 255 }))
        .addLast(new StringDecoder())
        .addLast({
          channelRead(ctx, name) {
            ctx.writeAndFlush(new ChunkedInput(() => answer(join(folder, basename(name)))));
          },
          userEventTriggered(ctx, event) {
            if (event === ChannelInputShutdownEvent) ctx.shutdownOutput();
          },
        }),
    )
    .bind({ host: "127.0.0.1", port: 0 });
}
