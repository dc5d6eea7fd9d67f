import { expect, it } from "vitest";
import { logEvents } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { ManualClock } from "../embedded/manual-clock.js";
import { Bootstrap, ServerBootstrap } from "../index.js";
import { local } from "../local/index.js";

const serve = (name: string) =>
  new ServerBootstrap()
    .transport(local())
    .childHandler((p) => p.addLast({ channelRead: (ctx, message) => ctx.writeAndFlush(`${name}: ${message}`) }))
    .bind({ local: name });

it("outlives its servers on the local transport, with a login on each", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const client = new Bootstrap()
    .transport(local())
    .clock(clock)
    .handler((p) => p)
    .reconnect({
      servers: [{ local: "north" }, { local: "south" }],
      random: () => 0.5,
      prepare: async (channel, { server }) => {
        await channel.send("login");
        const { value } = await channel.messages().next();
        if (value !== `${server.local}: login`) throw new Error(`unexpected ${value}`);
      },
    });
  logEvents(client, log);
  const messages = client.messages();
  const got: unknown[] = [];

  const north = await serve("north");
  await client.send("a");
  got.push((await messages.next()).value);
  await north.shutdown();
  client.send("b");
  const south = await serve("south");
  while (got.length < 2) {
    await turn();
    clock.advance(500);
    if (client.state === "ready") got.push((await messages.next()).value);
  }
  await client.close();
  await south.shutdown();
  expect(got).toEqual(["north: a", "south: b"]);
  expect(log.filter((entry) => /ready|stopped|unsent|uncertain/.test(entry))).toEqual(["ready", "ready", "stopped"]);
});
