/** Rules of who is connected with whom: addresses, parents, attributes, options. */
import { AttributeKey, ByteBuf, type Channel, ChannelOption } from "@sluice/core";
import { RecorderHandler } from "../recorder-handler.js";
import { fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const ADDRESS_CASES: Cases<TransportScene> = {
  "both ends tell the same two addresses, from the first event on and after the end": async (scene) => {
    const told: unknown[] = [];
    const tells = () => ({
      channelActive: ({ channel }: { channel: Channel }) => void told.push(channel.localAddress),
    });
    const { server, client, child } = await scene.pair({ childHandlers: [tells()], clientHandlers: [tells()] });
    same("Told when active", told.length, 2);
    holds("None is missing", !told.includes(undefined));
    same("The client's peer", client.remoteAddress, child.localAddress);
    same("The child's peer", child.remoteAddress, client.localAddress);
    same("The server", server.remoteAddress, undefined);
    const before = [client.localAddress, client.remoteAddress, child.localAddress, child.remoteAddress];
    await client.close();
    await child.closed;
    same("After", [client.localAddress, client.remoteAddress, child.localAddress, child.remoteAddress], before);
  },

  "an accepted channel has its server as parent, which knows it while it lives": async (scene) => {
    const { server, client, child } = await scene.pair();
    holds("The child's parent is the server", child.parent === server);
    same("The client's parent", client.parent, undefined);
    same("Children", [server.children.size, [...server.children][0] === child], [1, true]);
    await client.close();
    await child.closed;
    same("Children afterwards", server.children.size, 0);
  },

  "attributes and options are set before a channel begins": async (scene) => {
    const key = new AttributeKey<string>("whose");
    const seen: unknown[] = [];
    const notes = () => ({
      channelActive: ({ channel }: { channel: Channel }) =>
        void seen.push([channel.attr(key).get(), channel.getOption(ChannelOption.AUTO_READ), channel.autoRead]),
    });
    const server = await scene.bind(
      scene
        .serverBootstrap()
        .attr(key, "server")
        .childAttr(key, "child")
        .childOption(ChannelOption.AUTO_READ, false)
        .childHandler((p) => p.addLast(notes())),
    );
    const client = await scene.connect(
      server,
      scene
        .bootstrap()
        .attr(key, "client")
        .handler((p) => p.addLast(notes())),
    );
    await scene.until("both", () => seen.length === 2);
    same("The server's", server.attr(key).get(), "server");
    same("The client's", client.attr(key).get(), "client");
    holds(
      "The child's",
      seen.some((entry) => JSON.stringify(entry) === '["child",false,false]'),
    );
  },

  "an option it cannot honour is an error, at either end": async (scene) => {
    const unknown = new ChannelOption<number>("NO_SUCH_OPTION");
    const server = await scene.serve();
    const connecting = scene.bootstrap().option(unknown, 1).connect(scene.addressOf(server));
    await fails("Connecting", connecting, "OPTION_UNSUPPORTED");
    const binding = scene.bind(
      scene
        .serverBootstrap()
        .option(unknown, 1)
        .childHandler(() => {}),
    );
    await fails("Binding", binding, "OPTION_UNSUPPORTED");
    const strict = await scene.bind(
      scene
        .serverBootstrap()
        .childOption(unknown, 1)
        .childHandler(() => {}),
    );
    const errors: unknown[] = [];
    strict.on("error", (error) => errors.push((error as { code?: string }).code));
    await scene.knock(strict);
    same("Accepting", errors, ["OPTION_UNSUPPORTED"]);
  },

  "the events of a server and of what it accepts": async (scene) => {
    const recorder = new RecorderHandler({ name: "server", trace: scene.trace });
    const server = await scene.bind(
      scene
        .serverBootstrap()
        .handler((p) => p.addLast(recorder))
        .childHandler((p) => p.addLast(new RecorderHandler({ name: "child", trace: scene.trace }))),
    );
    same("Bound", scene.trace.splice(0), ["server.added", "server.bind", "server.active", "server.READ"]);
    const client = await scene.connect(server);
    await scene.until("both", () => scene.trace.includes("server.READ") && scene.trace.includes("child.READ"));
    const begins = ["child.active", "child.READ"];
    const opens = scene.contract.differences?.handshakeEvent !== undefined;
    same("Accepted", scene.trace.splice(0), [
      ...["server.read Channel", "child.added", ...(opens ? [] : begins)],
      ...["server.readComplete", "server.READ", ...(opens ? begins : [])],
    ]);
    client.writeAndFlush(ByteBuf.from("x"));
    await scene.until("the message", () => scene.trace.includes("child.READ"));
    scene.trace.length = 0;
    await server.close();
    same("Closed", scene.trace, ["server.close", "server.inactive", "server.removed"]);
  },
};
