/** Rules of closing in order, with and without something left to send. */

import { ByteBuf, ChannelOption } from "@sluice/core";
import { fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const CLOSING_CASES: Cases<TransportScene> = {
  "a close sends what was flushed first, and its peer sees an end without a cause": async (scene) => {
    const { client, child, childSide } = await scene.pair();
    const sent = client.writeAndFlush(ByteBuf.from(new Uint8Array(1024 * 1024)));
    const lost = client.write(ByteBuf.from("lost"));
    const closing = client.close();
    same("At once", [client.isOpen, client.isActive, client.isWritable], [false, false, false]);
    await fails("What was not flushed", lost, "CHANNEL_CLOSED");
    await Promise.all([sent, closing, child.closed]);
    same(
      "Received",
      childSide.messages.reduce<number>((sum, b) => sum + (b as ByteBuf).readableBytes, 0),
      1024 * 1024,
    );
    same("The causes", [client.closeCause, child.closeCause], [undefined, undefined]);
    same("The peer's end", scene.stepsOf("child").slice(-2), ["inactive", "removed"]);
  },

  "a last word and a close, from inside a handler": async (scene) => {
    const { client, clientSide } = await scene.pair({
      childHandlers: [
        {
          channelRead: (ctx) => {
            ctx.writeAndFlush(ByteBuf.from("bye"));
            ctx.close();
          },
        },
      ],
    });
    client.writeAndFlush(ByteBuf.from("x"));
    await client.closed;
    same("Received", [scene.textOf(clientSide), client.closeCause], ["bye", undefined]);
  },

  "two ends that close at once do not wait for each other": async (scene) => {
    const { client, child } = await scene.pair();
    const all = [
      client.writeAndFlush(ByteBuf.from("a")),
      child.writeAndFlush(ByteBuf.from("b")),
      client.close(),
      child.close(),
    ];
    await Promise.all(all);
    same("The causes", [client.closeCause, child.closeCause], [undefined, undefined]);
  },

  "a closed channel is closed for its peer, which reads until then": async (scene) => {
    const { client, child, childSide } = await scene.pair({ childOptions: UNASKED });
    const sent = client.writeAndFlush(ByteBuf.from("a"));
    const closing = client.close();
    await scene.settle();
    holds("It is active", child.isActive);
    child.autoRead = true;
    await Promise.all([sent, closing, child.closed]);
    same("Received", scene.textOf(childSide), "a");
  },
};

const UNASKED = [[ChannelOption.AUTO_READ, false]] as const;
