// A channel with a usual pipeline, with or without an IdleStateHandler in front: `idle-read.mjs with | without BURST`.
//
// BURST is the number of reads between two ends of a burst.
import { Channel, ChannelDuplexHandler, ChannelInboundHandler, IdleStateHandler } from "sluice";
import { takeTurns } from "./turns.mjs";

const [name, size] = process.argv.slice(2);
const burst = Number(size);
/** Bursts between two looks at the time; after each the host gets its turn, as after a turn of its loop. */
const BURSTS_PER_TURN = 256;

let received = 0;

class Framing extends ChannelInboundHandler {
  channelRead(ctx, message) {
    ctx.fireChannelRead(message);
  }
}

class Codec extends ChannelDuplexHandler {
  channelRead(ctx, message) {
    ctx.fireChannelRead(message);
  }

  write(ctx, message, completion) {
    ctx.write(message, completion);
  }
}

class Application extends ChannelInboundHandler {
  channelRead(_ctx, message) {
    received += message;
  }
}

/** A transport that has nothing to do: bursts are delivered by hand. */
const end = {
  localAddress: undefined,
  remoteAddress: undefined,
  accepts: () => true,
  connect() {},
  read() {},
  flush() {},
  setOption() {},
  shutdownOutput() {},
  close() {},
  destroy() {},
};

const channel = new Channel({ createEnd: () => end });
if (name === "with") {
  channel.pipeline.addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 60_000, allIdleMs: 120_000 }));
}
channel.pipeline.addLast(new Framing()).addLast(new Codec()).addLast(new Application());
channel.engine.active();

await takeTurns(async () => {
  const { engine } = channel;
  received = 0;
  for (let i = 0; i < BURSTS_PER_TURN; i++) {
    for (let j = 0; j < burst; j++) engine.read(1);
    engine.readComplete();
  }
  const reads = BURSTS_PER_TURN * burst;
  if (received !== reads) throw new Error(`${received} of ${reads} reads arrived`);
  await new Promise((resolve) => setImmediate(resolve));
  return reads;
});
