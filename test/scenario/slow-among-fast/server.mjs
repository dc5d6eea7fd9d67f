// Broadcasts to clients of whom some read and some have stopped, and says what a round costs.
//
// Two broadcasts go to the same fast readers; one of them goes to the slow readers as well. Rounds of the two take turns, so
// what else happens on this machine happens to both.
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { Broadcast, ByteBuf, LengthFieldBasedFrameDecoder, ServerBootstrap, tcp } from "sluice";

const message = () => ByteBuf.from(new Uint8Array(100).fill(120));
const withoutSlow = new Broadcast({ whenSlow: "wait" });
const withSlow = new Broadcast({ whenSlow: "wait" });
const slow = [];

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    p.addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1, initialBytesToStrip: 1 })).addLast({
      // The one frame a client sends says what it is.
      channelRead(ctx, frame) {
        if (frame.toString() === "fast") {
          ctx.pipeline.addFirst(withoutSlow.handler(), withSlow.handler());
        } else {
          ctx.pipeline.addFirst(withSlow.handler({ whenSlow: "drop-newest", maxHeldBytes: 10_000 }));
          slow.push(ctx.channel);
        }
      },
    }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

const tasks = {
  /** Fills what the system and the channel hold for the slow readers, until they have really stopped. */
  async fill() {
    const piece = ByteBuf.from(new Uint8Array(16 * 1024));
    for (let calm = 0; calm < 20; calm++) {
      for (const channel of slow) {
        while (channel.isWritable) {
          channel.write(piece.duplicate()).catch(() => {});
          channel.flush();
          calm = 0;
        }
      }
      await setImmediate();
    }
    // Now what is kept for them, too.
    // And what is kept for each of them: a hundred messages are more than that.
    for (let i = 0; i < 100; i++) {
      withSlow.publish(message());
      await setImmediate();
      await withSlow.ready();
    }
  },
  async round({ isWithSlow, messages }) {
    const broadcast = isWithSlow ? withSlow : withoutSlow;
    const missed = broadcast.counts.dropped;
    const begin = process.cpuUsage();
    for (let i = 0; i < messages; i++) {
      broadcast.publish(message());
      await setImmediate();
      await broadcast.ready();
    }
    const { user, system } = process.cpuUsage(begin);
    return { cpuMs: (user + system) / 1000, missed: broadcast.counts.dropped - missed };
  },
  async count() {
    return { readers: withoutSlow.readers, slow: slow.length, behind: withSlow.behind };
  },
};

process.on("message", async (task) => process.send((await tasks[task.name](task)) ?? "done"));
process.send({ port: server.localAddress.port });
