// What an idle channel holds: in-process channels that have each echoed a frame, or swallowed it, and wait.
import { local } from "@sluice/core/local";
import {
  Bootstrap,
  ByteBuf,
  ChannelInboundHandler,
  IdleStateHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ServerBootstrap,
} from "sluice";

const CHANNELS = 2000;
/** Opened before the first look, so that tables have grown and code is compiled. */
const WARM_UP = 1000;
const FRAME = ByteBuf.fromHex("00 00 00 02 7b 7d");
const SWALLOW = { sharable: true, channelRead() {} };

class Echo extends ChannelInboundHandler {
  channelRead(ctx, message) {
    ctx.writeAndFlush(message);
  }
}

const bare = await bytesEach(swallow);
const five = await bytesEach((p) =>
  p
    .addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 60_000 }))
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
    .addLast(new JsonCodec())
    .addLast(new Echo()),
);
process.send({ bare, five });

/** Of a pair of channels, of which the one that was accepted has the pipeline. */
async function bytesEach(childHandler) {
  const transport = local();
  const server = await new ServerBootstrap().transport(transport).childHandler(childHandler).bind({ local: "idle" });
  const clients = [];
  const open = async (count) => {
    for (let i = 0; i < count; i++) {
      const client = await new Bootstrap().transport(transport).handler(swallow).connect({ local: "idle" });
      clients.push(client);
      await client.send(FRAME.duplicate());
    }
  };
  await open(WARM_UP);
  const before = await heapUsed();
  await open(CHANNELS);
  const bytes = ((await heapUsed()) - before) / CHANNELS;
  await server[Symbol.asyncDispose]();
  return bytes;
}

function swallow(pipeline) {
  pipeline.addLast(SWALLOW);
}

async function heapUsed() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}
