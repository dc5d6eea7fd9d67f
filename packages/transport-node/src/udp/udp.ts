import type { ByteBuf } from "@sluice/buffer";
import { SluiceError } from "@sluice/buffer";
import type { DatagramPacket, DatagramTransport, Transport } from "@sluice/core";
import { UdpConnection } from "./udp-connection.js";

/** How the UDP transport works; what a single socket does is set by channel options. */
export interface UdpOptions {
  /**
   * The family of the socket.
   * @default that of the address it is bound or connected to; IPv4 for names, and for no address at all
   */
  readonly family?: "IPv4" | "IPv6";
  /**
   * Whether an IPv6 socket leaves IPv4 alone. Otherwise it serves both: IPv4 addresses look like `::ffff:10.0.0.1`.
   * @default false
   */
  readonly ipv6Only?: boolean;
  /**
   * Bytes of the longest datagram that is taken; a longer one is dropped and reported as DATAGRAM_TOO_LONG.
   * @default 65_535, more than IP can carry
   */
  readonly maxDatagramBytes?: number;
  /**
   * Bytes that may wait while nobody reads, each datagram counted with 512 for its objects. What does not fit is
   * dropped, and reported as DATAGRAMS_DROPPED in its place.
   * @default 1 MiB
   */
  readonly maxWaitingBytes?: number;
}

/**
 * UDP over `node:dgram`, with packets as messages: what arrives says who sent it, what is written where it goes.
 *
 * `Bootstrap.bind` gives a channel anybody can send to, `Bootstrap.connect` one that is connected to a single peer: the
 * system drops what others send it, reports that nobody listens there (PEER_UNREACHABLE), and only packets to the peer can
 * be written. For a peer whose messages are plain bytes see {@link connectedUdp}.
 *
 * Datagrams of one turn of the event loop, of which Node reads up to 32, are one burst. Node cannot stop reading a UDP
 * socket: with AUTO_READ off datagrams wait here, within bounds. A write is complete when the system has taken it; the name
 * of a recipient, if it is no address, is looked up each time and holds up what is behind it.
 *
 * Errors of single datagrams (any that is recoverable) do not close the channel, handled or not: strangers could close
 * it otherwise. Those that no handler and no `error` listener takes are a warning of the process, once per channel.
 *
 * Channel options: SO_BROADCAST, SO_REUSEADDR, SO_RCVBUF, SO_SNDBUF, IP_TTL, IP_MULTICAST_IF, IP_MULTICAST_TTL,
 * IP_MULTICAST_LOOP and all of the engine's. There is no half-closure (HALF_CLOSE_UNSUPPORTED).
 *
 * @throws INVALID_ARGUMENT for a limit that is no positive integer
 *
 * @example
 * ```ts
 * const channel = await new Bootstrap()
 *   .transport(udp())
 *   .handler((p) => p.addLast({ channelRead: (ctx, packet) => ctx.writeAndFlush(packet.reply(packet.content)) }))
 *   .bind({ host: "127.0.0.1", port: 5353 });
 * ```
 */
export function udp(options: UdpOptions = {}): DatagramTransport<DatagramPacket<ByteBuf>, DatagramPacket<ByteBuf>> {
  const settled = { ...withDefaults(options), packets: true };
  return { name: "udp", createConnection: (signals) => new UdpConnection(signals, settled) };
}

/**
 * UDP to one peer, with bytes as messages, each the content of one datagram: handlers that work on framed bytes fit
 * without an adapter. Otherwise as {@link udp}; such a channel can be connected, not bound.
 *
 * @throws INVALID_ARGUMENT as {@link udp}
 *
 * @example
 * ```ts
 * const channel = await new Bootstrap()
 *   .transport(connectedUdp())
 *   .handler((p) => p.addLast(new JsonCodec<Reply, Query>()))
 *   .connect({ host: "10.0.0.1", port: 5000 });
 * ```
 */
export function connectedUdp(options: UdpOptions = {}): Transport<ByteBuf, ByteBuf> {
  const settled = { ...withDefaults(options), packets: false };
  return {
    name: "connected udp",
    createConnection: (signals) => new UdpConnection(signals, settled),
    createListener: () => {
      throw new SluiceError("INVALID_ARGUMENT", "UDP has no connections to accept: bind a channel of udp()");
    },
  };
}

function withDefaults(options: UdpOptions) {
  return {
    family: options.family,
    ipv6Only: options.ipv6Only ?? false,
    maxDatagramBytes: positive("maxDatagramBytes", options.maxDatagramBytes ?? 65_535),
    maxWaitingBytes: positive("maxWaitingBytes", options.maxWaitingBytes ?? 1024 * 1024),
  };
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a positive integer, not ${value}`);
}
