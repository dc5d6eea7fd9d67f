/** Where messages have a greatest length. */
import { ByteBuf } from "@sluice/buffer";
import type { OpeningScene } from "./channel-contract.js";
import { fails, holds } from "./claims.js";
import type { Cases } from "./scene.js";

export const LIMITED_MESSAGE_CASES: Cases<OpeningScene> = {
  "sends the longest message, fails a longer one, and goes on": async (scene) => {
    const { channel } = await scene.open();
    const longest = scene.maxMessageBytes ?? 0;
    const tooLong = channel.write(ByteBuf.from(new Uint8Array(longest + 1)));
    const sent = channel.writeAndFlush(ByteBuf.from(new Uint8Array(longest)));
    await fails("One byte more", tooLong, "DATAGRAM_TOO_LONG");
    await sent;
    holds("The channel is open", channel.isActive);
  },
};
