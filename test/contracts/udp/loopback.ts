/** Makes UDP channels on the loopback interface, and closes them when the test is over. */
import {
  type BindOptions,
  Bootstrap,
  ByteBuf,
  type Channel,
  type ConnectOptions,
  connectedUdp,
  DatagramPacket,
  type InetAddress,
  type UdpOptions,
  udp,
} from "sluice";
import { onTestFinished } from "vitest";

type PacketChannel = Channel<DatagramPacket<ByteBuf>, DatagramPacket<ByteBuf>>;
type BytesChannel = Channel<ByteBuf, ByteBuf>;

const packets = (options?: UdpOptions) => new Bootstrap().transport(udp(options));
const bytes = (options?: UdpOptions) => new Bootstrap().transport(connectedUdp(options));

/** What a test adds to a bootstrap before it is used; what its handlers make of the messages is its own affair. */
type PacketSetup = (bootstrap: ReturnType<typeof packets>) => { bind(to: BindOptions): Promise<Channel> };
type BytesSetup = (bootstrap: ReturnType<typeof bytes>) => { connect(to: ConnectOptions): Promise<Channel> };

export async function bound(
  setup: PacketSetup = (bootstrap) => bootstrap,
  options?: UdpOptions,
  address = { host: "127.0.0.1", port: 0 },
): Promise<PacketChannel> {
  return closedLater(await setup(packets(options)).bind(address));
}

export async function connected(
  to: PacketChannel,
  setup: BytesSetup = (bootstrap) => bootstrap,
  options?: UdpOptions,
): Promise<BytesChannel> {
  return closedLater(await setup(bytes(options)).connect(addressOf(to)));
}

export function closedLater<C extends Channel>(channel: C): C {
  onTestFinished(() => channel[Symbol.asyncDispose]());
  return channel;
}

export function addressOf(channel: Channel): InetAddress {
  return channel.localAddress as InetAddress;
}

export function packet(to: Channel | InetAddress, text: string): DatagramPacket<ByteBuf> {
  const recipient = "pipeline" in to ? addressOf(to) : to;
  return new DatagramPacket({ content: ByteBuf.from(text), recipient });
}

/** The next messages that reach the tail, as text. */
export async function texts(channel: Channel, count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const message of channel.messages()) {
    found.push(String(message instanceof DatagramPacket ? message.content : message));
    if (found.length === count) break;
  }
  return found;
}

/** The next error that the channel emits. */
export function nextError(channel: Channel): Promise<Error> {
  return new Promise((resolve) => channel.once("error", resolve));
}
