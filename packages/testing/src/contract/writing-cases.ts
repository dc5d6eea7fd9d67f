/** Rules of what is written: by whom, from where, and when it leaves. */
import { ByteBuf, type ChannelHandler } from "@sluice/core";
import { holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const WRITING_CASES: Cases<TransportScene> = {
  "nothing leaves before a flush": async (scene) => {
    const { client, childSide } = await scene.pair();
    const writes = ["a", "b", "c"].map((text) => client.write(ByteBuf.from(text)));
    await scene.settle();
    same("Arrived", scene.textOf(childSide), "");
    holds(
      "None is done",
      writes.every(({ isDone }) => !isDone),
    );
    client.flush();
    await Promise.all(writes);
    await scene.until("all", () => scene.textOf(childSide) === "abc");
  },

  "what is written after a flush waits for the next": async (scene) => {
    const { client, childSide } = await scene.pair();
    client.writeAndFlush(ByteBuf.from("a"));
    const later = client.write(ByteBuf.from("b"));
    await scene.settle();
    same("Arrived", [scene.textOf(childSide), later.isDone], ["a", false]);
    client.flush();
    await scene.until("the rest", () => scene.textOf(childSide) === "ab");
  },

  "of a buffer what is readable is sent": async (scene) => {
    const { client, childSide } = await scene.pair();
    const bytes = ByteBuf.from("<<hello>>");
    bytes.skipBytes(2);
    await client.writeAndFlush(bytes.readSlice(5));
    await client.writeAndFlush(ByteBuf.alloc(0));
    await client.writeAndFlush(ByteBuf.from("!"));
    await scene.until("it", () => scene.textOf(childSide) === "hello!");
  },

  "flushes inside a burst are sent, in order and all of them": async (scene) => {
    const { client, clientSide, child } = await scene.pair({
      childHandlers: [
        {
          channelRead: (ctx, bytes: ByteBuf) => {
            while (bytes.isReadable()) ctx.writeAndFlush(bytes.readSlice(1));
          },
        },
      ],
    });
    const text = "abcdefghijklmnopqrstuvwxyz".repeat(40);
    client.writeAndFlush(ByteBuf.from(text));
    await scene.until("all of it", () => scene.textOf(clientSide) === text);
    same("Queued", child.engine.queue.length, 0);
  },

  "a flush inside a burst is sent though the handler then throws": async (scene) => {
    const { client, clientSide, child } = await scene.pair({
      childHandlers: [
        {
          channelRead: (ctx) => {
            ctx.writeAndFlush(ByteBuf.from("last words"));
            throw new Error("thrown");
          },
        },
      ],
    });
    client.writeAndFlush(ByteBuf.from("x"));
    await Promise.all([client.closed, child.closed]);
    same("Received", scene.textOf(clientSide), "last words");
    same("Why it closed", child.closeCause?.message, "thrown");
  },

  "handlers of one channel write to another": async (scene) => {
    const far = await scene.pair();
    const proxy: ChannelHandler = { channelRead: (_ctx, bytes: ByteBuf) => void far.client.writeAndFlush(bytes) };
    const near = await scene.pair({ childHandlers: [proxy] });
    let sent = "";
    for (let i = 0; i < 1000; i++) {
      near.client.writeAndFlush(ByteBuf.from(`${i},`));
      sent += `${i},`;
    }
    await scene.until("all of it", () => scene.textOf(far.childSide).length === sent.length);
    holds("It is the same", scene.textOf(far.childSide) === sent);
  },

  "two channels answer each other without nesting": async (scene) => {
    let depth = 0;
    let deepest = 0;
    const pong: ChannelHandler = {
      sharable: true,
      channelRead: (ctx, bytes: ByteBuf) => {
        deepest = Math.max(deepest, ++depth);
        const left = bytes.readUint32();
        if (left > 0) ctx.writeAndFlush(ByteBuf.alloc(4).writeUint32(left - 1));
        depth--;
      },
    };
    const { client } = await scene.pair({ clientHandlers: [pong], childHandlers: [pong] });
    client.writeAndFlush(ByteBuf.alloc(4).writeUint32(500));
    await scene.until("all turns", () => scene.trace.filter((step) => step.includes(".read ByteBuf")).length === 501);
    same("Depth", deepest, 1);
  },

  "both directions at once": async (scene) => {
    const { client, child, clientSide, childSide } = await scene.pair();
    for (let i = 0; i < 200; i++) {
      client.writeAndFlush(ByteBuf.from("a".repeat(i)));
      child.writeAndFlush(ByteBuf.from("b".repeat(i)));
    }
    await scene.until("both", () => [clientSide, childSide].every((side) => scene.textOf(side).length === 19_900));
    same("Clean", [/^b+$/.test(scene.textOf(clientSide)), /^a+$/.test(scene.textOf(childSide))], [true, true]);
  },

  "an empty queue takes one message of any size, and it arrives whole": async (scene) => {
    const { client, child } = await scene.pair();
    const bytes = new Uint8Array(20 * 1024 * 1024).map((_, i) => i * 31);
    client.writeAndFlush(ByteBuf.from(bytes));
    let offset = 0;
    let isSame = true;
    for await (const message of child.messages()) {
      const piece = (message as ByteBuf).asUint8Array();
      for (let i = 0; i < piece.length; i += 97) isSame &&= piece[i] === bytes[offset + i];
      offset += piece.length;
      if (offset >= bytes.length) break;
    }
    same("Received", [offset, isSame], [bytes.length, true]);
  },
};
