import {
  Bootstrap,
  type ByteBuf,
  type Channel,
  type ChannelHandler,
  DatagramPacket,
  type InetAddress,
} from "@sluice/core";
import { channelContract } from "@sluice/testing";
import { connectedUdp, udp } from "@sluice/transport-node";
import { describe, it } from "vitest";

/**
 * Nobody accepts datagrams, so the rules about two ends and a server have nothing to hold. What holds of every channel
 * holds of the connected one; in what UDP differs from a connection is in `contracts/udp`.
 */
describe("udp, connected", () => {
  const open = async (handlers: readonly ChannelHandler[]) => {
    const peer = await new Bootstrap().transport(udp()).bind({ host: "127.0.0.1", port: 0 });
    let channel: Channel<ByteBuf, ByteBuf> | undefined;
    const connecting = new Bootstrap()
      .transport(connectedUdp())
      .handler((p) => {
        channel = p.channel;
        for (const handler of handlers) p.addLast(handler as never);
        p.channel.closed.then(() => peer.close());
      })
      .connect(peer.localAddress as InetAddress);
    await connecting.catch(() => {});
    const recipient = channel?.localAddress as InetAddress;
    return {
      channel: channel as Channel<ByteBuf, ByteBuf>,
      receive: (content: ByteBuf) => peer.writeAndFlush(new DatagramPacket({ content, recipient })),
    };
  };
  for (const { name, run, limitMs } of channelContract({ open, maxMessageBytes: 65_507 })) it(name, run, limitMs);
});
