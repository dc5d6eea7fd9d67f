/** Rules of ending one direction alone. */
import { ByteBuf, ChannelOption } from "@sluice/core";
import { failedWith, fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

const ALLOWED = [[ChannelOption.ALLOW_HALF_CLOSURE, true]] as const;

export const HALF_CLOSURE_CASES: Cases<TransportScene> = {
  "one direction ends after what was flushed, and the other goes on": async (scene) => {
    const { client, child, clientSide } = await scene.pair({ clientOptions: ALLOWED, childOptions: ALLOWED });
    client.writeAndFlush(ByteBuf.from("last"));
    const lost = client.write(ByteBuf.from("lost"));
    await Promise.all([client.shutdownOutput(), fails("What was not flushed", lost, "OUTPUT_SHUTDOWN")]);
    await fails("A write too late", client.writeAndFlush(ByteBuf.from("x")), "OUTPUT_SHUTDOWN");
    await scene.until("the end", () => childSteps(scene).includes("event ChannelInputShutdownEvent"));
    same("At the other end", childSteps(scene), ["read ByteBuf(4)", "event ChannelInputShutdownEvent"]);
    same(
      "At this end",
      scene.stepsOf("client").filter((step) => step.startsWith("event")),
      ["event ChannelOutputShutdownEvent"],
    );
    await child.send(ByteBuf.from("answer"));
    await scene.until("the answer", () => scene.textOf(clientSide) === "answer");
    holds("Both live", client.isActive && child.isActive);
    await child.shutdownOutput();
    await Promise.all([client.closed, child.closed]);
    same("The causes", [client.closeCause, child.closeCause], [undefined, undefined]);
  },

  "who reads on after the end is told once that there is no more": async (scene) => {
    const { client, child } = await scene.pair({ clientOptions: ALLOWED, childOptions: ALLOWED });
    await client.shutdownOutput();
    await scene.until("the end", () => childSteps(scene).includes("event ChannelInputShutdownEvent"));
    child.read().read();
    child.read();
    await scene.settle();
    same("The events", childSteps(scene), [
      "event ChannelInputShutdownEvent",
      "event ChannelInputShutdownReadComplete",
    ]);
  },

  "a channel that does not allow it closes, after its last words": async (scene) => {
    const { client, child, clientSide } = await scene.pair({
      childHandlers: [{ channelRead: (ctx) => ctx.writeAndFlush(ByteBuf.from("reply")) }],
    });
    client.writeAndFlush(ByteBuf.from("request"));
    client.shutdownOutput();
    await Promise.all([client.closed, child.closed]);
    same("Received", scene.textOf(clientSide), "reply");
    same("The causes", [client.closeCause, child.closeCause], [undefined, undefined]);
  },

  "asked for twice it is done once, and both learn of it; too late it fails": async (scene) => {
    const { client } = await scene.pair({ clientOptions: ALLOWED, childOptions: ALLOWED });
    await Promise.all([client.shutdownOutput(), client.shutdownOutput()]);
    await client.shutdownOutput();
    same("The event", scene.trace.filter((step) => step === "client.event ChannelOutputShutdownEvent").length, 1);
    await client.close();
    await fails("After the close", client.shutdownOutput(), "CHANNEL_CLOSED");
  },

  "the end of input waits to be asked for": async (scene) => {
    const { client, child } = await scene.pair({ childOptions: [...ALLOWED, [ChannelOption.AUTO_READ, false]] });
    await client.shutdownOutput();
    await scene.settle();
    same("Unasked", childSteps(scene), []);
    child.read();
    await scene.until("the end", () => childSteps(scene).includes("event ChannelInputShutdownEvent"));
  },

  "a half-closed channel can be closed, from either end": async (scene) => {
    for (const closer of ["client", "child"] as const) {
      const pair = await scene.pair({ clientOptions: ALLOWED, childOptions: ALLOWED });
      await pair.client.shutdownOutput();
      await scene.until("the end", () => childSteps(scene).includes("event ChannelInputShutdownEvent"));
      scene.trace.length = 0;
      await pair[closer].close();
      await Promise.all([closer === "client" ? pair.child.close() : undefined, pair.client.closed, pair.child.closed]);
      same("The causes", [pair.client.closeCause, pair.child.closeCause], [undefined, undefined]);
    }
  },

  "writing to a peer that is gone fails in the end, and closes the channel": async (scene) => {
    const { client, child } = await scene.pair({ clientOptions: [[ChannelOption.ALLOW_HALF_CLOSURE, true]] });
    await child.close();
    await scene.until("the end of input", () => scene.trace.includes("client.event ChannelInputShutdownEvent"));
    holds("It is active", client.isActive);
    let error: unknown;
    await scene.until("a write to fail", () => {
      client.writeAndFlush(ByteBuf.from("x")).addListener((failure) => {
        error ??= failure;
      });
      return error !== undefined || !client.isOpen;
    });
    await client.closed;
    failedWith("The cause", client.closeCause, "CONNECTION_RESET");
  },
};

export const NO_HALF_CLOSURE_CASES: Cases<TransportScene> = {
  "one direction cannot end alone: HALF_CLOSE_UNSUPPORTED, and the channel goes on both ways": async (scene) => {
    const { client, child, clientSide, childSide } = await scene.pair({
      clientOptions: ALLOWED,
      childOptions: ALLOWED,
    });
    await fails("Shutting down", client.shutdownOutput(), "HALF_CLOSE_UNSUPPORTED");
    await client.send(ByteBuf.from("there"));
    await child.send(ByteBuf.from("and back"));
    await scene.until("both", () => scene.textOf(childSide) === "there" && scene.textOf(clientSide) === "and back");
    same(
      "No event",
      scene.trace.filter((step) => step.includes("Shutdown")),
      [],
    );
  },

  "a peer's close ends both directions, whatever is allowed": async (scene) => {
    const { client, child } = await scene.pair({ clientOptions: ALLOWED, childOptions: ALLOWED });
    await client.close();
    await child.closed;
    same("The cause", child.closeCause, undefined);
  },
};

/** What reached the child, apart from bursts and demand. */
function childSteps(scene: TransportScene): string[] {
  return scene.stepsOf("child").filter((step) => /^(?:read |event)/.test(step));
}
