/** Rules of connecting and binding: what comes of it, and what of it fails how. */

import { ByteBuf, type Channel } from "@sluice/core";
import { ManualClock } from "@sluice/core/embedded";
import { RecorderHandler } from "../recorder-handler.js";
import { errorOf, fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const CONNECTING_CASES: Cases<TransportScene> = {
  "the events of a connection attempt": async (scene) => {
    const recorder = new RecorderHandler({ name: "client", trace: scene.trace });
    const server = await scene.serve();
    await scene.connect(
      server,
      scene.bootstrap().handler((p) => p.addLast(recorder)),
    );
    same("Connected", scene.trace, ["client.added", "client.connect", "client.active", "client.READ"]);
  },

  "nobody listens: CONNECT_REFUSED, and the channel is closed without having been active": async (scene) => {
    const server = await scene.serve();
    const address = scene.addressOf(server);
    await server.close();
    const recorder = new RecorderHandler({ name: "client", trace: scene.trace });
    let client: Channel | undefined;
    const bootstrap = scene.bootstrap().handler((p) => {
      client = p.addLast(recorder).channel;
    });
    const error = await fails("Connecting", bootstrap.connect(address), "CONNECT_REFUSED");
    await client?.closed;
    same("The trace", scene.trace, ["client.added", "client.connect", "client.removed"]);
    holds("The cause is the error", client?.closeCause === error);
  },

  "no answer in time: CONNECT_TIMEOUT": async (scene) => {
    const clock = new ManualClock();
    const server = await scene.serve();
    const connecting = scene.bootstrap().clock(clock).connect(scene.addressOf(server));
    clock.advance(30_000);
    const error = await fails("Connecting", connecting, "CONNECT_TIMEOUT");
    same("The limit it names", error.limit, 30_000);
    same("Timeouts left", clock.pending, 0);
    await scene.until("the server to be rid of it", () => server.children.size === 0);
  },

  "a connection in time leaves no timer behind": async (scene) => {
    const clock = new ManualClock();
    const server = await scene.serve();
    const client = await scene.connect(server, scene.bootstrap().clock(clock));
    same("Timeouts left", clock.pending, 0);
    clock.advance(60_000);
    await scene.settle();
    holds("It is active", client.isActive);
  },

  "a channel is connected once": async (scene) => {
    const { server, client } = await scene.pair();
    await fails("Once more", client.connect(scene.addressOf(server)), "INVALID_ARGUMENT");
    await fails("Binding it", client.bind(scene.contract.bindOptions()), "INVALID_ARGUMENT");
    await fails("Connecting a server", server.connect(scene.addressOf(server)), "INVALID_ARGUMENT");
    await client.send(ByteBuf.from("still here"));
    holds("Both live", client.isActive && server.isActive);
  },

  "writing before it is connected fails, and does not disturb the attempt": async (scene) => {
    const server = await scene.serve();
    const outcomes: unknown[] = [];
    const client = await scene.connect(
      server,
      scene.bootstrap().handler((p) => {
        p.channel.writeAndFlush(ByteBuf.from("early")).addListener((error) => outcomes.push(error));
        p.channel.shutdownOutput().addListener((error) => outcomes.push(error));
      }),
    );
    const codes = outcomes.map((error) => (error as { code?: string } | undefined)?.code);
    same("The outcomes", codes, ["CHANNEL_NOT_ACTIVE", "CHANNEL_NOT_ACTIVE"]);
    holds("It is active", client.isActive);
  },

  "an initializer that throws fails the attempt with its error, and leaves nothing behind": async (scene) => {
    const server = await scene.serve();
    const thrown = new Error("not today");
    const bootstrap = scene.bootstrap().handler(() => {
      throw thrown;
    });
    holds("It is that error", (await errorOf(bootstrap.connect(scene.addressOf(server)))) === thrown);
    await scene.settle();
    same("Children other than the fence's", server.children.size, 0);
  },

  "an address that is taken: ADDRESS_IN_USE, and its server goes on": async (scene) => {
    const server = await scene.serve(() => ({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }));
    const again = scene.serverBootstrap().childHandler(() => {});
    await fails("Binding there", again.bind(scene.addressOf(server)), "ADDRESS_IN_USE");
    const client = await scene.connect(server);
    client.writeAndFlush(ByteBuf.from("echo"));
    same("Its answer", String((await client.messages().next()).value), "echo");
  },

  "an address is free as soon as its server has closed": async (scene) => {
    let server = await scene.serve();
    for (let i = 0; i < 3; i++) {
      const address = scene.addressOf(server);
      await server.close();
      server = scene.own(
        await scene
          .serverBootstrap()
          .childHandler(() => {})
          .bind(address),
      );
      same("Where it listens", scene.addressOf(server), address);
    }
  },

  "a server initializer that throws fails the binding, and the address stays free": async (scene) => {
    const first = await scene.serve();
    const address = scene.addressOf(first);
    await first.close();
    const thrown = new Error("not today");
    const failing = scene
      .serverBootstrap()
      .handler(() => {
        throw thrown;
      })
      .childHandler(() => {});
    holds("It is that error", (await errorOf(failing.bind(address))) === thrown);
    scene.own(
      await scene
        .serverBootstrap()
        .childHandler(() => {})
        .bind(address),
    );
  },
};
