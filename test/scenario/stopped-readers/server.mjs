// Offers as many bytes as it is told to one client that does not read, in one of several ways, and says what it holds.
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers/promises";
import { Broadcast, ByteBuf, ChannelOption, ServerBootstrap, tcp } from "sluice";

const PIECE = 64 * 1024;
const WAYS = {
  write: undefined,
  "drop-newest": "drop-newest",
  "drop-oldest": "drop-oldest",
  coalesce: { coalesce: (_message) => nextKey++ % 2 },
};
let nextKey = 0;
let arrived;

const server = await new ServerBootstrap()
  .transport(tcp())
  .childOption(ChannelOption.MAX_OUTBOUND_BYTES, Number(process.argv[2]))
  .childHandler((p) => p.addLast({ channelActive: (ctx) => arrived(ctx.channel) }))
  .bind({ host: "127.0.0.1", port: 0 });

process.on("message", async ({ way, bytes }) => {
  const connecting = new Promise((resolve) => {
    arrived = resolve;
  });
  process.send("ready");
  const channel = await connecting;
  let refused = 0;
  const outcome = { succeed() {}, fail: (error) => (error.code === "OUTBOUND_BUFFER_FULL" ? refused++ : undefined) };
  const broadcast = new Broadcast({ whenSlow: WAYS[way] });
  if (way !== "write") channel.pipeline.addLast(broadcast.handler());

  // What is kept once per process (compiled code, the slab the encoders share) is there before counting begins.
  offer(4, false);
  channel.flush();
  await setImmediate();
  const before = await held();
  let most = 0;
  let offered = 0;
  while (offered < bytes) {
    offer(64, true);
    offered += 64 * PIECE;
    await setImmediate();
    if (offered % (64 * 1024 * 1024) === 0) most = Math.max(most, (await held()) - before);
  }
  const { written, dropped, coalesced, heldMessages } = broadcast.counts;
  const pending = channel.engine.queue.pendingBytes;
  process.send({ offered, most, refused, pending, written, dropped, coalesced, heldMessages, isOpen: channel.isOpen });
  channel.closeForcibly();

  function offer(count, isLarge) {
    for (let i = 0; i < count; i++) {
      const message = ByteBuf.from(new Uint8Array(isLarge ? PIECE : 1));
      if (way === "write") {
        channel.pipeline.write(message, outcome);
        channel.flush();
      } else broadcast.publish(message);
    }
  }
});
process.send({ port: server.localAddress.port });

async function held() {
  // Memory of array buffers is given back behind a collection, not in it.
  globalThis.gc();
  await setTimeout(5);
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
