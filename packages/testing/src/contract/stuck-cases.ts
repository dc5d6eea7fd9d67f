/** Rules of ends that come while a peer does not read, so that something is still to be sent. */
import { ChannelOption } from "@sluice/core";
import { ManualClock } from "@sluice/core/embedded";
import { errorOf, failedWith, fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const STUCK_CASES: Cases<TransportScene> = {
  "closing while a write is under way sends the rest of it": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: UNASKED });
    const { writes, bytes } = await scene.stuff(client);
    const closing = client.close();
    await scene.settle();
    holds("It is not over", !writes.every(({ isDone }) => isDone));
    const received = scene.countBytes(child);
    child.autoRead = true;
    await Promise.all([...writes, closing, child.closed]);
    same("Received", received(), bytes);
    same("The causes", [client.closeCause, child.closeCause], [undefined, undefined]);
  },

  "asked so, a close fails what is under way instead": async (scene) => {
    const { client } = await scene.pair({ childOptions: UNASKED });
    const { writes } = await scene.stuff(client);
    const outcome = fails("The last write", writes.at(-1) as PromiseLike<void>, "CHANNEL_CLOSED");
    await Promise.all([client.close({ pendingWrites: "fail" }), outcome]);
    same("The cause", client.closeCause, undefined);
  },

  "a forced close fails everything at once, in the order of the writes": async (scene) => {
    const { client } = await scene.pair({ childOptions: UNASKED });
    const { writes } = await scene.stuff(client);
    const failed: number[] = [];
    const pending = writes.filter(({ isDone }) => !isDone);
    pending.forEach((write, i) => {
      write.addListener((error) => {
        failedWith("A pending write", error, "CHANNEL_CLOSED");
        failed.push(i);
      });
    });
    client.closeForcibly();
    same(
      "Failed, in this order",
      failed,
      pending.map((_, i) => i),
    );
    await client.closed;
    same("Queued", client.engine.queue.pendingBytes, 0);
  },

  "a close waits for a peer that does not read no longer than its deadline: CLOSE_TIMEOUT": async (scene) => {
    const clock = new ManualClock();
    const { client, child } = await scene.pair({
      clock,
      childOptions: UNASKED,
      clientOptions: [[ChannelOption.CLOSE_TIMEOUT_MILLIS, 500]],
    });
    const { writes } = await scene.stuff(client);
    const last = writes.at(-1) as PromiseLike<void>;
    const closing = client.close();
    clock.advance(499);
    await scene.settle();
    holds("It waits until then", !(writes.at(-1)?.isDone ?? true));
    clock.advance(1);
    await Promise.all([closing, fails("The last write", last, "CLOSE_TIMEOUT")]);
    failedWith("The cause", client.closeCause, "CLOSE_TIMEOUT");
    same("Timeouts left", clock.pending, 0);
    child.autoRead = true;
    await child.closed;
  },

  "pending writes fail when their peer closes by force": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: UNASKED });
    const { writes } = await scene.stuff(client);
    const outcome = errorOf(writes.at(-1) as PromiseLike<void>);
    child.closeForcibly();
    failedWith("The last write", await outcome, "CONNECTION_RESET");
    await client.closed;
    failedWith("The cause", client.closeCause, "CONNECTION_RESET");
    const pending = writes.filter(({ cause }) => cause !== undefined);
    for (const { cause } of pending) holds("All fail with the same", cause === client.closeCause);
  },

  "a shutdown cuts connections that do not end in time": async (scene) => {
    const clock = new ManualClock();
    const { server, client, child } = await scene.pair({ clock, clientOptions: UNASKED });
    await scene.stuff(child);
    const polite = await scene.connect(server);
    await scene.until("the second child", () => server.children.size === 2);
    const report = server.shutdown({ timeoutMs: 1_000 });
    await polite.closed;
    clock.advance(1_000);
    same("The report", await report, { closed: 1, departed: 0, forced: 1 });
    client.autoRead = true;
    await client.closed;
  },
};

/** … where a reset can be told from an end. */
export const STUCK_RESET_CASES: Cases<TransportScene> = {
  "half a message is not taken for all of it: what could not be sent ends in a reset": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: UNASKED });
    await scene.stuff(client);
    await client.close({ pendingWrites: "fail" });
    child.autoRead = true;
    await child.closed;
    failedWith("The peer's cause", child.closeCause, "CONNECTION_RESET");
  },
};

const UNASKED = [[ChannelOption.AUTO_READ, false]] as const;
