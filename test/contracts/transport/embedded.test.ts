import type { ByteBuf, ChannelHandler } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { channelContract } from "@sluice/testing";
import { describe, it } from "vitest";

/** It has no peer, no server and no network: what remains is what holds of every channel. */
describe("embedded", () => {
  const open = (handlers: readonly ChannelHandler[]) => {
    const channel = new EmbeddedChannel({ handlers });
    return { channel, receive: (bytes: ByteBuf) => channel.writeInbound(bytes) };
  };
  for (const { name, run, limitMs } of channelContract({ open })) it(name, run, limitMs);
});
