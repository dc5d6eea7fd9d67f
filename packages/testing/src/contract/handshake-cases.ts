/** Rules of transports whose connections open with a handshake. */
import { ByteBuf, type Channel, type ChannelHandler, type ChannelHandlerContext, ChannelOption } from "@sluice/core";
import { errorOf, holds, same } from "./claims.js";
import { type Cases, pause } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const HANDSHAKE_CASES: Cases<TransportScene> = {
  "a handshake is told once to each end, behind channelActive and before what arrives": async (scene) => {
    const told: Record<string, string[]> = { client: [], child: [] };
    const notes = (who: string): ChannelHandler => ({
      channelActive: () => void told[who]?.push("active"),
      userEventTriggered: (ctx: ChannelHandlerContext, event: unknown) =>
        void told[who]?.push(`${(event as object).constructor.name} ${ctx.channel.isActive}`),
      channelRead: (_ctx: ChannelHandlerContext, bytes: ByteBuf) => void told[who]?.push(String(bytes)),
    });
    const { client, child } = await scene.pair({ clientHandlers: [notes("client")], childHandlers: [notes("child")] });
    for (const channel of [client, child]) channel.writeAndFlush(ByteBuf.from("x"));
    await scene.until("both messages", () => Object.values(told).every((events) => events.includes("x")));
    const events = ["active", `${scene.contract.differences?.handshakeEvent} true`, "x"];
    same("Told", told, { client: events, child: events });
  },

  "connecting waits for a server that does not accept": async (scene) => {
    const accepted: Channel[] = [];
    const server = await notAccepting(scene, accepted);
    let isConnected = false;
    const connecting = scene.connect(server).then((client) => {
      isConnected = true;
      return client;
    });
    for (let i = 0; i < TURNS; i++) await pause();
    same("Connected, and accepted unasked", [isConnected, accepted.length], [false, 0]);
    server.autoRead = true;
    const client = await connecting;
    await client.send(ByteBuf.from("x"));
    holds("It is active", client.isActive);
  },

  "connections that still wait when their server closes fail": async (scene) => {
    const server = await notAccepting(scene, []);
    const connecting = errorOf(scene.connect(server));
    for (let i = 0; i < TURNS; i++) await pause();
    await server.close();
    holds("Connecting fails", (await connecting) !== undefined);
  },

  "a client that leaves in its handshake fails its channel alone": async (scene) => {
    const children: Channel[] = [];
    const server = await scene.bind(
      scene.serverBootstrap().childHandler((p) => {
        children.push(p.channel);
      }),
    );
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    const stop = new AbortController();
    const attempt = errorOf(scene.bootstrap().connect({ ...scene.addressOf(server), signal: stop.signal }));
    await scene.until("the child", () => children.length === 1);
    stop.abort();
    await attempt;
    await scene.until("it to be gone", () => server.children.size === 0);
    same(
      "What is told is why",
      errors,
      [children[0]?.closeCause].filter((cause) => cause !== undefined),
    );
    const client = await scene.connect(server);
    holds("The next one connects", client.isActive);
  },
};

function notAccepting(scene: TransportScene, accepted: Channel[]) {
  return scene.bind(
    scene
      .serverBootstrap()
      .option(ChannelOption.AUTO_READ, false)
      .childHandler((p) => {
        accepted.push(p.channel);
      }),
  );
}

/** Of the host's event loop: enough for a handshake that nothing stands in the way of. */
const TURNS = 50;
