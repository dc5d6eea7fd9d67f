import { Bootstrap, ByteBuf, ChannelOption, DatagramPacket, type InetAddress, joinGroup, udp } from "sluice";

const group = { group: "239.255.77.78", interfaceAddress: "127.0.0.1" };

/** Hears what is sent to the group; others on this machine may hear it too. */
export async function announcements() {
  const channel = await new Bootstrap()
    .transport(udp())
    .option(ChannelOption.SO_REUSEADDR, true)
    .bind({ host: "0.0.0.0", port: 0 });
  joinGroup(channel, group);
  return channel;
}

/** Tells the group's members on this machine. */
export async function announce(text: string, { port }: InetAddress): Promise<void> {
  await using channel = await new Bootstrap()
    .transport(udp())
    .option(ChannelOption.IP_MULTICAST_IF, group.interfaceAddress)
    .option(ChannelOption.IP_MULTICAST_TTL, 0)
    .bind({ host: "0.0.0.0", port: 0 });
  await channel.send(new DatagramPacket({ content: ByteBuf.from(text), recipient: { host: group.group, port } }));
}
