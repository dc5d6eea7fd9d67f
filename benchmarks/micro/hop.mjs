// A message passes so many handlers and is counted: `hop.mjs sluice | transform | web COUNT`.
import { Transform, Writable } from "node:stream";
import { TransformStream, WritableStream } from "node:stream/web";
import { takeTurns } from "./turns.mjs";

const BATCH = 10_000;
const [name, count] = process.argv.slice(2);
const handlers = Number(count);

const WORK = {
  async sluice() {
    const { EmbeddedChannel } = await import("@sluice/core/embedded");
    const { ChannelInboundHandler } = await import("sluice");
    let received = 0;
    // Each of a class of its own, as the handlers of a real pipeline are.
    const passing = () =>
      new (class extends ChannelInboundHandler {
        channelRead(ctx, message) {
          ctx.fireChannelRead(message);
        }
      })();
    const sink = { channelRead: () => received++ };
    const { pipeline } = new EmbeddedChannel(...Array.from({ length: handlers }, passing), sink);
    return () => {
      const before = received;
      for (let i = 0; i < BATCH; i++) pipeline.fireChannelRead(i);
      return all(received - before);
    };
  },

  async transform() {
    let received = 0;
    const passing = () =>
      new Transform({ objectMode: true, transform: (message, _encoding, done) => done(null, message) });
    const sink = new Writable({
      objectMode: true,
      write: (_message, _encoding, done) => {
        received++;
        done();
      },
    });
    const chain = [...Array.from({ length: handlers }, passing), sink];
    for (let i = 0; i < handlers; i++) chain[i].pipe(chain[i + 1]);
    return async () => {
      const before = received;
      for (let i = 1; i <= BATCH; i++) {
        if (!chain[0].write(i)) await new Promise((resolve) => chain[0].once("drain", resolve));
      }
      while (received - before < BATCH) await new Promise(setImmediate);
      return all(received - before);
    };
  },

  async web() {
    let received = 0;
    const passing = () => new TransformStream({ transform: (message, controller) => controller.enqueue(message) });
    const sink = new WritableStream({
      write() {
        received++;
      },
    });
    const chain = Array.from({ length: handlers }, passing);
    const { writable } = [...chain, { writable: sink }][0];
    for (let i = 0; i < handlers; i++) chain[i].readable.pipeTo(i + 1 < handlers ? chain[i + 1].writable : sink);
    const writer = writable.getWriter();
    return async () => {
      const before = received;
      for (let i = 0; i < BATCH; i++) {
        await writer.ready;
        writer.write(i);
      }
      while (received - before < BATCH) await new Promise(setImmediate);
      return all(received - before);
    };
  },
};

function all(received) {
  if (received !== BATCH) throw new Error(`${received} of ${BATCH} messages arrived`);
  return received;
}

await takeTurns(await WORK[name]());
