/** Rules of giving up: by signal or by closing, before and while something is under way. */
import { ByteBuf, type Channel } from "@sluice/core";
import { fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const ABORTING_CASES: Cases<TransportScene> = {
  "an attempt is given up by its signal, before it began or while it runs": async (scene) => {
    const server = await scene.serve();
    for (const when of ["before", "while"]) {
      const controller = new AbortController();
      if (when === "before") controller.abort("changed my mind");
      const options = { ...scene.addressOf(server), signal: controller.signal };
      const connecting = scene.bootstrap().connect(options);
      controller.abort("changed my mind");
      const error = await fails(`Aborted ${when}`, connecting, "ABORTED");
      same("The reason", error.cause, "changed my mind");
    }
    await scene.until("the server to be rid of them", () => server.children.size === 0);
  },

  "a signal that comes after the connection does nothing": async (scene) => {
    const controller = new AbortController();
    const server = await scene.serve();
    const client = scene.own(
      await scene.bootstrap().connect({ ...scene.addressOf(server), signal: controller.signal }),
    );
    controller.abort();
    await scene.settle();
    holds("It is active", client.isActive);
  },

  "a channel may be closed while it connects": async (scene) => {
    const server = await scene.serve();
    for (const how of ["close", "closeForcibly"] as const) {
      let client: Channel | undefined;
      const bootstrap = scene.bootstrap().handler((p) => {
        client = p.channel;
      });
      const connecting = bootstrap.connect(scene.addressOf(server));
      client?.[how]();
      await fails(how, connecting, "CHANNEL_CLOSED");
      await client?.closed;
      same("The cause", client?.closeCause, undefined);
    }
    await scene.until("the server to be rid of them", () => server.children.size === 0);
  },

  "a binding is given up by its signal, and the address stays free": async (scene) => {
    const first = await scene.serve();
    const address = scene.addressOf(first);
    await first.close();
    const bootstrap = scene.serverBootstrap().childHandler(() => {});
    for (const when of ["before", "while"]) {
      const controller = new AbortController();
      if (when === "before") controller.abort();
      const binding = bootstrap.bind({ ...address, signal: controller.signal });
      controller.abort();
      await fails(`Aborted ${when}`, binding, "ABORTED");
    }
    await scene.settle();
    await fails("Connecting there", scene.bootstrap().connect(address), "CONNECT_REFUSED");
    scene.own(await bootstrap.bind(address));
  },

  "sending to a stuck peer can be given up; what was queued stays": async (scene) => {
    const { client, child } = await scene.pair();
    const controller = new AbortController();
    client.write(ByteBuf.from(new Uint8Array(100_000)));
    const sending = client.send(ByteBuf.from("!"), { signal: controller.signal });
    controller.abort();
    await fails("The send", sending, "ABORTED");
    client.flush();
    let received = 0;
    for await (const bytes of child.messages()) {
      received += (bytes as ByteBuf).readableBytes;
      if (received >= 100_000) break;
    }
    await scene.settle();
    same("Received", received, 100_000);
  },
};
