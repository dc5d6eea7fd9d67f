import { createReadStream } from "node:fs";
import type { ByteBuf, Channel } from "sluice";
import { ChunkedInput } from "sluice";

/** Sends a file; the promise ends when all of it has been handed to the system. */
export async function upload(
  channel: Channel<unknown, ByteBuf | ChunkedInput>,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  let shown = 0;
  const file = new ChunkedInput(() => createReadStream(path), {
    signal,
    onProgress({ bytes }) {
      const quarters = Math.floor((4 * bytes) / size);
      if (quarters > shown) console.log(`${25 * quarters} %`);
      shown = quarters;
    },
  });
  await channel.writeAndFlush(file);
}
