/** Who keeps books on channels learns of every end, whatever the user's own listeners do at that moment. */
import { describe, expect, it } from "vitest";
import { PoolScene } from "../fixtures/pool-scene.js";
import { reconnecting } from "../fixtures/reconnecting.js";
import { turn } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";
import { ChannelGroup } from "./index.js";

const throwing = () => {
  throw new Error("listener");
};

describe("when a close listener throws", () => {
  it("a group forgets the channel all the same", async () => {
    const { channel } = connected();
    const group = new ChannelGroup();
    channel.on("close", throwing);
    group.add(channel);
    await channel.close();
    expect(group.size).toBe(0);
  });

  it("a pool has the place free again", async () => {
    const scene = new PoolScene({ maxConnections: 1 });
    const first = scene.acquire();
    const channel = scene.newChannel();
    channel.on("close", throwing);
    scene.attempts.splice(0)[0]?.succeed(channel);
    await turn();
    first.channel?.closeForcibly();
    await turn();
    expect([scene.log.at(-1), scene.pool.size]).toEqual(["closed 1 lost", 0]);
  });

  it("a reconnecting client connects anew", async () => {
    const { client, end, saw, connects } = reconnecting(
      {},
      { handlerAdded: (ctx) => void ctx.channel.on("close", throwing) },
    );
    await connects();
    await saw();
    end().signals.inputShutdown();
    expect((await saw())[0]).toBe("disconnected");
    expect(client.state).toBe("waiting");
    await client.close();
  });

  it("a send that waits for room ends", async () => {
    const { channel, end } = connected();
    channel.on("close", throwing);
    channel.write("x".repeat(10)).addListener(() => {});
    for (let i = 0; i < 1000; i++) channel.write("fill").addListener(() => {});
    const waiting = channel.send("b");
    end.signals.failed(new Error("reset"));
    await expect(waiting).rejects.toMatchObject({ code: "CHANNEL_CLOSED" });
  });
});
