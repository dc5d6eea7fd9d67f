/** Rules of peers that do not keep up: who waits, who is told, and how much is kept. */
import { ByteBuf, ChannelOption, WriteBufferWaterMark } from "@sluice/core";
import { failedWith, fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const BACK_PRESSURE_CASES: Cases<TransportScene> = {
  "a peer that never reads stops its sender, and one that begins to read lets it go on": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: UNASKED });
    const { writes, bytes } = await scene.stuff(client);
    same("Writable", client.isWritable, false);
    holds("The queue is near its mark", client.engine.queue.pendingBytes < 65_536 + 2 * PIECE);
    holds("Not all is done", !writes.every(({ isDone }) => isDone));
    holds("The oldest are done first", isSorted(writes.map(({ isDone }) => isDone)));
    const received = scene.countBytes(child);
    child.autoRead = true;
    await Promise.all(writes);
    await scene.until("all of it", () => received() === bytes);
    same("Writable again", client.isWritable, true);
    same("Unwritable, writable …", alternates(scene.stepsOf("client")), true);
  },

  "writability is told when it has come, with the marks it is told by": async (scene) => {
    const marks: string[] = [];
    const { client, child } = await scene.pair({
      childOptions: UNASKED,
      clientOptions: [[ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1_000, 200_000)]],
      clientHandlers: [
        {
          channelWritabilityChanged: ({ channel }) => {
            const { pendingBytes, isCompleting } = channel.engine.queue;
            marks.push(`${channel.isWritable} ${channel.isWritable ? pendingBytes < 1_000 : pendingBytes > 200_000}`);
            holds("Never in the middle of completions", !isCompleting);
          },
        },
      ],
    });
    await scene.stuff(client);
    child.autoRead = true;
    await scene.until("writability", () => client.isWritable);
    same("The marks hold", [marks.at(-2), marks.at(-1)], ["false true", "true true"]);
  },

  "the queue has a hard cap, and a write beyond it is refused alone": async (scene) => {
    const { client, child } = await scene.pair({
      childOptions: UNASKED,
      clientOptions: [[ChannelOption.MAX_OUTBOUND_BYTES, 512 * 1024]],
    });
    const { bytes } = await scene.stuff(client);
    const outcomes: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      client.writeAndFlush(ByteBuf.from(new Uint8Array(PIECE))).addListener((error) => outcomes.push(error));
    }
    holds("Some are refused at once", outcomes.length > 0);
    for (const error of outcomes) failedWith("A write beyond the cap", error, "OUTBOUND_BUFFER_FULL");
    holds("The queue keeps to it", client.engine.queue.pendingBytes <= 512 * 1024);
    const accepted = 20 - outcomes.length;
    const received = scene.countBytes(child);
    child.autoRead = true;
    await scene.until("the accepted ones", () => received() === bytes + accepted * PIECE);
    holds("It is active", client.isActive);
  },

  "send() waits for room, or until its signal": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: UNASKED });
    await scene.stuff(client);
    const controller = new AbortController();
    const givenUp = client.send(ByteBuf.from("x"), { signal: controller.signal });
    let sent = false;
    const sending = client.send(ByteBuf.from("y")).then(() => {
      sent = true;
    });
    await scene.settle();
    holds("It waits", !sent);
    controller.abort();
    await fails("The other", givenUp, "ABORTED");
    child.autoRead = true;
    await sending;
  },

  "one stuck connection does not hold up another": async (scene) => {
    const stuck = await scene.pair({ childOptions: UNASKED });
    await scene.stuff(stuck.client);
    const other = await scene.pair();
    other.client.writeAndFlush(ByteBuf.from("hello"));
    await scene.until("the other", () => scene.textOf(other.childSide) === "hello");
    same("The stuck one", stuck.client.isWritable, false);
  },
};

export const NO_BACK_PRESSURE_CASES: Cases<TransportScene> = {
  "what nobody reads does not hold up its sender": async (scene) => {
    const { client, childSide } = await scene.pair({ childOptions: UNASKED });
    const writes = Array.from({ length: 64 }, () => client.writeAndFlush(ByteBuf.from(new Uint8Array(PIECE))));
    await Promise.all(writes);
    same("Writable", client.isWritable, true);
    same("Delivered unasked", childSide.messages.length, 0);
  },
};

const UNASKED = [[ChannelOption.AUTO_READ, false]] as const;
const PIECE = 64 * 1024;

function isSorted(done: readonly boolean[]): boolean {
  const firstPending = done.indexOf(false);
  return firstPending < 0 || !done.includes(true, firstPending);
}

function alternates(steps: readonly string[]): boolean {
  const flips = steps.filter((step) => step.startsWith("writability"));
  return flips.every((step, i) => step === `writability ${i % 2 === 1}`);
}
