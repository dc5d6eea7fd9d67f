// What passing messages leaves for the collector: `measure.mjs hop | decode | echo`, with --expose-gc and a young
// generation so large that nothing is collected meanwhile.
import { createHook } from "node:async_hooks";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, ChannelInboundHandler, LengthFieldBasedFrameDecoder, LengthFieldPrepender } from "sluice";

const HANDLERS = 10;
const FRAMES = 100;
const FRAME_BYTES = 68;
const WARM_UP = 500;
const ROUNDS = 500;

const passing = () =>
  new (class extends ChannelInboundHandler {
    channelRead(ctx, message) {
      ctx.fireChannelRead(message);
    }
  })();
const framing = () => new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 });
const ignore = { channelRead() {} };
/** Where a transport would be. */
const wire = { write() {}, flush() {} };

const WORK = {
  hop() {
    const { pipeline } = new EmbeddedChannel(...Array.from({ length: HANDLERS }, passing), ignore);
    return () => {
      for (let i = 0; i < FRAMES; i++) pipeline.fireChannelRead(wire);
    };
  },
  decode: () => feeding(new EmbeddedChannel(framing(), ignore)),
  echo: () =>
    feeding(
      new EmbeddedChannel(wire, framing(), new LengthFieldPrepender({ lengthFieldLength: 4 }), {
        channelRead: (ctx, frame) => ctx.writeAndFlush(frame),
      }),
    ),
};

function feeding({ pipeline }) {
  const chunk = new Uint8Array(FRAMES * FRAME_BYTES);
  const view = new DataView(chunk.buffer);
  for (let at = 0; at < chunk.length; at += FRAME_BYTES) view.setUint32(at, FRAME_BYTES - 4);
  return () => {
    pipeline.fireChannelRead(ByteBuf.received(chunk, 0, chunk.length));
    pipeline.fireChannelReadComplete();
  };
}

const work = WORK[process.argv[2]]();
for (let i = 0; i < WARM_UP; i++) work();

let promises = 0;
const hook = createHook({
  init(_id, type) {
    if (type === "PROMISE") promises++;
  },
}).enable();
for (let i = 0; i < ROUNDS; i++) work();
hook.disable();

globalThis.gc();
const before = process.memoryUsage().heapUsed;
for (let i = 0; i < ROUNDS; i++) work();
const bytes = process.memoryUsage().heapUsed - before;
process.send({ bytes: bytes / (ROUNDS * FRAMES), promises: promises / (ROUNDS * FRAMES) });
