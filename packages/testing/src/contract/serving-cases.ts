/** Rules of servers: accepting, failing alone, closing with and without their connections. */

import { ByteBuf, type Channel, type ChannelHandler, ChannelOption } from "@sluice/core";
import { fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const SERVING_CASES: Cases<TransportScene> = {
  "many connections at once": async (scene) => {
    const server = await scene.serve(echo);
    const clients = await Promise.all(Array.from({ length: 50 }, () => scene.connect(server)));
    await Promise.all(
      clients.map(async (client, i) => {
        client.writeAndFlush(ByteBuf.from(`client ${i}`));
        let answer = "";
        for await (const bytes of client.messages()) {
          answer += String(bytes);
          if (answer.length === `client ${i}`.length) break;
        }
        same("An answer", answer, `client ${i}`);
      }),
    );
    same("Children", server.children.size, 50);
    await Promise.all(clients.map((client) => client.close()));
    await scene.until("all to be gone", () => server.children.size === 0);
  },

  "a child initializer that throws fails its connection alone": async (scene) => {
    const errors: string[] = [];
    let calls = 0;
    const server = await scene.bind(
      scene.serverBootstrap().childHandler((p) => {
        if (++calls === 1) throw new Error("not this one");
        p.addLast(echo());
      }),
    );
    server.on("error", (error) => errors.push(error.message));
    await scene.knock(server);
    same("Heard", errors, ["not this one"]);
    const lucky = await scene.connect(server);
    lucky.writeAndFlush(ByteBuf.from("echo"));
    same("The answer", String((await lucky.messages().next()).value), "echo");
    same("Children", server.children.size, 1);
  },

  "a handler that fails closes its channel, and the server goes on": async (scene) => {
    const fails = (): ChannelHandler => ({
      channelRead: () => {
        throw new Error("cannot");
      },
    });
    const server = await scene.serve(fails);
    const errors: string[] = [];
    server.children.on("error", (error) => errors.push(error.message));
    for (let i = 0; i < 2; i++) {
      const client = await scene.connect(server);
      client.writeAndFlush(ByteBuf.from("x"));
      await client.closed;
    }
    same("Heard", errors, ["cannot", "cannot"]);
    holds("It listens", server.isActive);
  },

  "a server that closes leaves its connections alone, and takes no more": async (scene) => {
    const server = await scene.serve(echo);
    const client = await scene.connect(server);
    await scene.until("the child", () => server.children.size === 1);
    const address = scene.addressOf(server);
    await server.close();
    client.writeAndFlush(ByteBuf.from("still here"));
    same("The answer", String((await client.messages().next()).value), "still here");
    await fails("Connecting", scene.bootstrap().connect(address), "CONNECT_REFUSED");
    await client.close();
  },

  "a shutdown closes the connections after their last words": async (scene) => {
    const server = await scene.serve(echo);
    const clients = await Promise.all([scene.connect(server), scene.connect(server), scene.connect(server)]);
    await scene.until("the children", () => [...server.children].filter((child) => child.isActive).length === 3);
    for (const child of server.children) child.writeAndFlush(ByteBuf.from("bye"));
    same("The report", await server.shutdown(), { closed: 3, departed: 0, forced: 0 });
    for (const client of clients) {
      let heard = "";
      for await (const bytes of client.messages()) heard += String(bytes);
      same("The last word, and the cause", [heard, client.closeCause], ["bye", undefined]);
    }
  },

  "a handler of the server may refuse a connection": async (scene) => {
    const server = await scene.bind(
      scene
        .serverBootstrap()
        .handler((p) => p.addLast({ channelRead: (_ctx, child: Channel) => void child.close() }))
        .childHandler((p) => p.addLast(echo())),
    );
    await scene.knock(server);
    same("Children", server.children.size, 0);
    holds("It listens", server.isActive);
  },

  "two servers, each with its own connections": async (scene) => {
    const servers = [await scene.serve(() => says("one")), await scene.serve(() => says("two"))];
    const heard = await Promise.all(
      servers.map(async (server) => String((await (await scene.connect(server)).messages().next()).value)),
    );
    same("Heard", heard, ["one", "two"]);
  },
};

/** Unless a handshake waits for the server as well. */
export const WAITING_CASES: Cases<TransportScene> = {
  "a server that is not asked to accept lets connections wait": async (scene) => {
    const accepted: Channel[] = [];
    const server = await scene.bind(
      scene
        .serverBootstrap()
        .option(ChannelOption.AUTO_READ, false)
        .childHandler((p) => {
          accepted.push(p.channel);
          p.addLast(echo());
        }),
    );
    const clients = await Promise.all([scene.connect(server), scene.connect(server)]);
    await scene.settle();
    same("Accepted unasked", accepted.length, 0);
    server.autoRead = true;
    await scene.until("both", () => accepted.length === 2);
    for (const client of clients) {
      client.writeAndFlush(ByteBuf.from("at last"));
      same("The answer", String((await client.messages().next()).value), "at last");
    }
  },

  "connections that still wait when their server closes are cut": async (scene) => {
    const server = await scene.bind(
      scene
        .serverBootstrap()
        .option(ChannelOption.AUTO_READ, false)
        .childHandler(() => {}),
    );
    const client = await scene.connect(server);
    await scene.settle();
    await server.close();
    await client.closed;
  },
};

function echo(): ChannelHandler {
  return { channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) };
}

function says(text: string): ChannelHandler {
  return { channelActive: (ctx) => ctx.writeAndFlush(ByteBuf.from(text)) };
}
