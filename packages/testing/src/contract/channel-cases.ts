/** Rules of one channel: order of events, states, writes, writability. */
import { AttributeKey, ByteBuf, type Channel, ChannelOption } from "@sluice/core";
import { RecorderHandler } from "../recorder-handler.js";
import type { OpeningScene } from "./channel-contract.js";
import { fails, holds, same } from "./claims.js";
import type { Cases, Scene } from "./scene.js";

export const CHANNEL_CASES: Cases<OpeningScene> = {
  "handlers are added, then told that the channel is active, then input is asked for": async (scene) => {
    await scene.open(...recorders(scene));
    const beginning = scene.trace.filter((step) => !step.endsWith(".connect"));
    same("The beginning", beginning, [...["A.added", "B.added"], ...["A.active", "B.active"], ...["B.READ", "A.READ"]]);
  },

  "a burst of input ends with readComplete, and more is asked for": async (scene) => {
    const { receive } = await scene.open(...recorders(scene));
    scene.trace.length = 0;
    receive(ByteBuf.from("hello"));
    await scene.until("the burst", () => scene.trace.includes("A.READ"));
    same("The burst", scene.trace, [
      ...["A.read ByteBuf(5)", "B.read ByteBuf(5)"],
      ...["A.readComplete", "B.readComplete"],
      ...["B.READ", "A.READ"],
    ]);
  },

  "a close goes through the pipeline, then handlers learn of it, then they are removed from the tail": async (
    scene,
  ) => {
    const { channel } = await scene.open(...recorders(scene));
    scene.trace.length = 0;
    await channel.close();
    same("The end", scene.trace, [
      ...["B.close", "A.close"],
      ...["A.inactive", "B.inactive"],
      ...["B.removed", "A.removed"],
    ]);
    same("Handlers left", channel.pipeline.names(), []);
  },

  "a forced close asks no handler": async (scene) => {
    const { channel } = await scene.open(...recorders(scene));
    scene.trace.length = 0;
    channel.closeForcibly();
    await channel.closed;
    same("The end", scene.trace, ["A.inactive", "B.inactive", "B.removed", "A.removed"]);
  },

  "tells its state: open, active, writable": async (scene) => {
    const states: string[] = [];
    const note = (when: string, { isOpen, isActive, isWritable }: Channel) =>
      void states.push(`${when} ${isOpen} ${isActive} ${isWritable}`);
    const { channel } = await scene.open({
      handlerAdded: (ctx) => note("added", ctx.channel),
      channelActive: (ctx) => note("active", ctx.channel),
      channelInactive: (ctx) => note("inactive", ctx.channel),
      handlerRemoved: (ctx) => note("removed", ctx.channel),
    });
    const closing = channel.close();
    note("closing", channel);
    await closing;
    same("The states", states, [
      "added true false false",
      "active true true true",
      "closing false false false",
      "inactive false false false",
      "removed false false false",
    ]);
  },

  "emits inactive and close once, and settles closed after them": async (scene) => {
    const { channel } = await scene.open();
    const emitted: string[] = [];
    channel.on("inactive", () => emitted.push("inactive"));
    channel.on("close", (cause) => emitted.push(`close ${cause}`));
    const all = [channel.close(), channel.close(), channel.disconnect()];
    await Promise.all(all);
    await channel.closed;
    await channel.close();
    same("The events", emitted, ["inactive", "close undefined"]);
    same("The cause", channel.closeCause, undefined);
  },

  "never tells of its end from inside the handler that closed it": async (scene) => {
    let inside = false;
    let nested: boolean | undefined;
    const { channel, receive } = await scene.open({
      channelRead: (ctx) => {
        inside = true;
        ctx.close();
        inside = false;
      },
      channelInactive: () => {
        nested = inside;
      },
    });
    receive(ByteBuf.from("x"));
    await channel.closed;
    same("Nested", nested, false);
  },

  "completes writes in their order, whatever their size": async (scene) => {
    const { channel } = await scene.open();
    const done: number[] = [];
    const sizes = [1, 0, 5_000, 100_000, 64, 0, 70_000, 3];
    const limit = scene.maxMessageBytes ?? Number.POSITIVE_INFINITY;
    const writes = sizes.map((size, i) => {
      const write = channel.write(ByteBuf.from(new Uint8Array(Math.min(size, limit))));
      return write.addListener((error) => done.push(error === undefined ? i : -1));
    });
    holds("Nothing completes before it is flushed", done.length === 0);
    channel.flush();
    await Promise.all(writes);
    same("The order", done, [0, 1, 2, 3, 4, 5, 6, 7]);
  },

  "lets a completion write on": async (scene) => {
    const { channel } = await scene.open();
    let written = 0;
    await new Promise<void>((resolve) => {
      const next = (): void => {
        if (written++ === 1_000) resolve();
        else channel.writeAndFlush(ByteBuf.from("x")).addListener(next);
      };
      next();
    });
    same("Queued", channel.engine.queue.length, 0);
  },

  "refuses what is no message, says so, and goes on": async (scene) => {
    const { channel } = await scene.open();
    await fails("Writing undefined", channel.writeAndFlush(undefined), "UNSUPPORTED_MESSAGE");
    await fails("Writing null", channel.writeAndFlush(null), "UNSUPPORTED_MESSAGE");
    await channel.writeAndFlush(ByteBuf.from("still here"));
    holds("It is active", channel.isActive);
  },

  "refuses writes after its close": async (scene) => {
    const { channel } = await scene.open();
    const closing = channel.close();
    await fails("A write while it closes", channel.writeAndFlush(ByteBuf.from("x")), "CHANNEL_CLOSED");
    await closing;
    await fails("A write afterwards", channel.writeAndFlush(ByteBuf.from("x")), "CHANNEL_CLOSED");
    await fails("A send afterwards", channel.send(ByteBuf.from("x")), "CHANNEL_CLOSED");
  },

  "fails what was not flushed when it closes": async (scene) => {
    const { channel } = await scene.open();
    const write = channel.write(ByteBuf.from("lost"));
    const closing = channel.close();
    await fails("The write", write, "CHANNEL_CLOSED");
    await closing;
  },

  "stops being writable just above its high-water mark, and starts below the low one": async (scene) => {
    const recorder = new RecorderHandler({ name: "A", trace: scene.trace });
    const { channel } = await scene.open(recorder);
    scene.trace.length = 0;
    const marks = () => [channel.isWritable, channel.bytesBeforeUnwritable, channel.bytesBeforeWritable];
    const flips = () => scene.trace.filter((step) => step.startsWith("A.writability"));
    same("Empty", marks(), [true, 65_537, 0]);
    channel.write(ByteBuf.from(new Uint8Array(65_536 - OVERHEAD)));
    same("At the mark", [...marks(), ...flips()], [true, 1, 0]);
    channel.write(ByteBuf.alloc(0));
    same("Beyond it", marks(), [false, 0, 65_536 + OVERHEAD - 32_768 + 1]);
    same("Told at once", flips(), ["A.writability false"]);
    channel.write(ByteBuf.alloc(0));
    same("Told once", flips(), ["A.writability false"]);
    channel.flush();
    await scene.until("writability", () => channel.isWritable);
    await scene.until("everything to be sent", () => channel.engine.queue.length === 0);
    same("Told again", flips(), ["A.writability false", "A.writability true"]);
    same("Empty again", marks(), [true, 65_537, 0]);
  },

  "says nothing of writability when it closes": async (scene) => {
    const recorder = new RecorderHandler({ name: "A", trace: scene.trace });
    const { channel } = await scene.open(recorder);
    const lost = channel.write(ByteBuf.from(new Uint8Array(100_000)));
    scene.trace.length = 0;
    channel.closeForcibly();
    await fails("The write", lost, "CHANNEL_CLOSED");
    await channel.closed;
    same("The end", scene.trace, ["A.inactive", "A.removed"]);
  },

  "asks the handler that threw first, then those behind it": async (scene) => {
    const log: string[] = [];
    const { channel, receive } = await scene.open(
      { exceptionCaught: () => log.push("before") },
      {
        channelRead: () => {
          throw new Error("thrown");
        },
        exceptionCaught: (ctx, error) => {
          log.push(`own ${error.message}`);
          ctx.fireExceptionCaught(error);
        },
      },
      { exceptionCaught: () => log.push("behind") },
    );
    receive(ByteBuf.from("x"));
    await scene.until("the error", () => log.length >= 2);
    same("Who was asked", log, ["own thrown", "behind"]);
    holds("It is active", channel.isActive);
  },

  "keeps attributes of its own": async (scene) => {
    const key = new AttributeKey<number>("n");
    const one = await scene.open({ channelActive: (ctx) => void ctx.channel.attr(key).set(1) });
    const other = await scene.open({});
    same("Its own", one.channel.attr(key).get(), 1);
    same("The other's", other.channel.attr(key).get(), undefined);
    await one.channel.close();
    same("After the close", one.channel.attr(key).get(), 1);
  },

  "refuses an option it does not have, and impossible values": async (scene) => {
    const { channel } = await scene.open();
    const set = async <T>(option: ChannelOption<T>, value: T) => void channel.setOption(option, value);
    await fails("An unknown option", set(new ChannelOption<number>("NO_SUCH_OPTION"), 1), "OPTION_UNSUPPORTED");
    await fails("No room at all", set(ChannelOption.MAX_OUTBOUND_BYTES, 0), "INVALID_ARGUMENT");
    await fails(
      "Endless closing",
      set(ChannelOption.CLOSE_TIMEOUT_MILLIS, Number.POSITIVE_INFINITY),
      "INVALID_ARGUMENT",
    );
    holds("It is active", channel.isActive);
  },

  "reports a handler that cannot be added, and takes it out": async (scene) => {
    const recorder = new RecorderHandler({ name: "A", trace: scene.trace });
    const { channel } = await scene.open({
      exceptionCaught: (_ctx, error) => void scene.trace.push((error as { code?: string }).code ?? error.message),
    });
    channel.pipeline.addLast("bad", {
      handlerAdded: () => {
        throw new Error("not today");
      },
    });
    channel.pipeline.addLast("good", recorder);
    same("The handlers", channel.pipeline.names().includes("bad"), false);
    same("The report", scene.trace, ["HANDLER_LIFECYCLE_FAILED", "A.added"]);
  },
};

/** Two that write into the trace of the scene, the one at the head first. */
function recorders(scene: Scene): RecorderHandler[] {
  return ["A", "B"].map((name) => new RecorderHandler({ name, trace: scene.trace }));
}

/** What a queued message counts for beside its bytes. */
const OVERHEAD = 96;
