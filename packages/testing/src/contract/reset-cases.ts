/** Rules of ends that come by force: what the peer learns, and what becomes of its writes. */
import { failedWith, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const RESET_CASES: Cases<TransportScene> = {
  "a forced close is CONNECTION_RESET for the peer: an error first, then the end": async (scene) => {
    const { client, child } = await scene.pair();
    client.closeForcibly();
    await Promise.all([client.closed, child.closed]);
    same("The peer's end", scene.stepsOf("child").slice(-3), ["error CONNECTION_RESET", "inactive", "removed"]);
    failedWith("The peer's cause", child.closeCause, "CONNECTION_RESET");
    same("One's own cause", client.closeCause, undefined);
  },

  "a reset reaches the channel's listener if no handler deals with it, and its server's otherwise": async (scene) => {
    const { server, client, child } = await scene.pair();
    const heard: unknown[] = [];
    server.on("error", (error) => heard.push(error));
    client.closeForcibly();
    await child.closed;
    same("Heard", [heard.length, heard[0] === child.closeCause], [1, true]);
  },
};

export const NO_RESET_CASES: Cases<TransportScene> = {
  "a forced close looks to the peer like an orderly one": async (scene) => {
    const { client, child } = await scene.pair();
    client.closeForcibly();
    await Promise.all([client.closed, child.closed]);
    same("The peer's end", scene.stepsOf("child").slice(-2), ["inactive", "removed"]);
    same("The peer's cause", child.closeCause, undefined);
  },
};
