/**
 * Settings of a channel, typed by their values.
 *
 * The first group is the engine's and works on every transport. The others belong to sockets: a transport that
 * cannot honour one refuses it with OPTION_UNSUPPORTED when the channel is made (design law 10).
 */
import type { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

export class ChannelOption<T> {
  readonly name: string;
  declare readonly "~value": T;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether input is asked for by itself after each burst. @default true */
  static readonly AUTO_READ: ChannelOption<boolean> = new ChannelOption("AUTO_READ");
  /** Whether the peer's end of stream leaves our sending direction open. @default false */
  static readonly ALLOW_HALF_CLOSURE: ChannelOption<boolean> = new ChannelOption("ALLOW_HALF_CLOSURE");
  /** When a channel stops and starts being writable. @default 32 KiB, 64 KiB */
  static readonly WRITE_BUFFER_WATER_MARK: ChannelOption<WriteBufferWaterMark> = new ChannelOption(
    "WRITE_BUFFER_WATER_MARK",
  );
  /** Bytes the outbound queue may hold; a write beyond fails with OUTBOUND_BUFFER_FULL. @default 16 MiB */
  static readonly MAX_OUTBOUND_BYTES: ChannelOption<number> = new ChannelOption("MAX_OUTBOUND_BYTES");
  /**
   * Connections a server may have open; one more is refused with TOO_MANY_CONNECTIONS. Servers only.
   * @default 65 536
   */
  static readonly MAX_CONNECTIONS: ChannelOption<number> = new ChannelOption("MAX_CONNECTIONS");
  /** Milliseconds a connection attempt may take; 0 for no limit. @default 30 000 */
  static readonly CONNECT_TIMEOUT_MILLIS: ChannelOption<number> = new ChannelOption("CONNECT_TIMEOUT_MILLIS");
  /** Milliseconds a close may spend on sending what is still queued. @default 10 000 */
  static readonly CLOSE_TIMEOUT_MILLIS: ChannelOption<number> = new ChannelOption("CLOSE_TIMEOUT_MILLIS");

  /** Whether small segments are sent at once instead of being held back (Nagle). @default true */
  static readonly TCP_NODELAY: ChannelOption<boolean> = new ChannelOption("TCP_NODELAY");
  /** Whether the operating system probes a connection on which nothing happens. @default false */
  static readonly SO_KEEPALIVE: ChannelOption<boolean> = new ChannelOption("SO_KEEPALIVE");
  /** Seconds without data before the first probe, with SO_KEEPALIVE. @default the system's, two hours on most */
  static readonly TCP_KEEPIDLE: ChannelOption<number> = new ChannelOption("TCP_KEEPIDLE");
  /** Seconds between two probes, with SO_KEEPALIVE. @default 1 on Node if another of these is set, else the system's */
  static readonly TCP_KEEPINTVL: ChannelOption<number> = new ChannelOption("TCP_KEEPINTVL");
  /**
   * Unanswered probes that end a connection, with SO_KEEPALIVE.
   * @default 10 on Node if another of these is set, else the system's
   */
  static readonly TCP_KEEPCNT: ChannelOption<number> = new ChannelOption("TCP_KEEPCNT");
  /** Connections the system may hold before they are accepted. @default 511 on Node */
  static readonly SO_BACKLOG: ChannelOption<number> = new ChannelOption("SO_BACKLOG");
  /**
   * Whether other servers may listen at the same address, and the system deals connections out to all of them. Servers
   * only, before they are bound; Node 22.12 and a system that has it, such as Linux.
   * @default false
   */
  static readonly SO_REUSEPORT: ChannelOption<boolean> = new ChannelOption("SO_REUSEPORT");

  /** Whether datagrams may be sent to broadcast addresses. @default false */
  static readonly SO_BROADCAST: ChannelOption<boolean> = new ChannelOption("SO_BROADCAST");
  /** Whether an address may be bound that another socket is bound to, as several receivers of a group do. @default false */
  static readonly SO_REUSEADDR: ChannelOption<boolean> = new ChannelOption("SO_REUSEADDR");
  /** Bytes the system keeps for us until we read them. @default the system's */
  static readonly SO_RCVBUF: ChannelOption<number> = new ChannelOption("SO_RCVBUF");
  /** Bytes the system takes from us before the network has. @default the system's */
  static readonly SO_SNDBUF: ChannelOption<number> = new ChannelOption("SO_SNDBUF");
  /** Routers a datagram may pass, 1 to 255. @default the system's, usually 64 */
  static readonly IP_TTL: ChannelOption<number> = new ChannelOption("IP_TTL");
  /** The address of the interface that multicast leaves by, for IPv6 `::%` and its name. @default the system's choice */
  static readonly IP_MULTICAST_IF: ChannelOption<string> = new ChannelOption("IP_MULTICAST_IF");
  /** Routers a multicast datagram may pass, 0 to 255. @default 1 */
  static readonly IP_MULTICAST_TTL: ChannelOption<number> = new ChannelOption("IP_MULTICAST_TTL");
  /** Whether multicast we send comes back to the members on this machine. @default true */
  static readonly IP_MULTICAST_LOOP: ChannelOption<boolean> = new ChannelOption("IP_MULTICAST_LOOP");
}
