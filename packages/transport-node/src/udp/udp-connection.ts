/**
 * One UDP socket, driven by its channel's engine.
 *
 * ```
 *            bind, connect           setImmediate
 *   socket ── message ──▶ burst ── read … read ──▶ readComplete      while input is wanted
 *                    └──▶ inbox ── read … read ──▶ readComplete      otherwise, when it is asked for
 * ```
 *
 * Node reads up to 32 datagrams in one turn of the event loop and runs microtasks between them, so a burst ends with the
 * turn, in a `setImmediate`. What the inbox holds is delivered 32 at a time, and before anything that comes later.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import {
  type BindOptions,
  type ChannelOption,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type ConnectOptions,
  type DatagramConnection,
  DatagramPacket,
  formatAddress,
  type InetAddress,
} from "@sluice/core";
import { bindError, connectError, connectionError } from "../system-errors.js";
import { datagramError } from "./udp-errors.js";
import { UdpInbox } from "./udp-inbox.js";
import { lookupFor } from "./udp-lookup.js";
import { UdpSender } from "./udp-sender.js";
import { UdpSettings } from "./udp-settings.js";

/** What the transport has been told, with its defaults. */
export interface UdpConnectionOptions {
  readonly family: "IPv4" | "IPv6" | undefined;
  readonly ipv6Only: boolean;
  readonly maxDatagramBytes: number;
  readonly maxWaitingBytes: number;
  /** Whether messages are packets; otherwise they are the bytes in them. */
  readonly packets: boolean;
}

export class UdpConnection implements DatagramConnection {
  localAddress: InetAddress | undefined;
  remoteAddress: InetAddress | undefined;
  /** Longer than the limit, since the beginning. */
  tooLong = 0;
  /** Errors that no handler and no listener took. */
  unheard = 0;
  readonly inbox: UdpInbox;

  readonly #signals: ChannelSignals;
  readonly #options: UdpConnectionOptions;
  readonly #settings = new UdpSettings();
  #socket: Socket | undefined;
  #sender: UdpSender | undefined;
  /** The peer as whoever connected called it. */
  #peerName: InetAddress | undefined;
  #isActive = false;
  #wantsInput = false;
  #inBurst = false;
  #deliveryComes = false;
  #isOver = false;

  constructor(signals: ChannelSignals, options: UdpConnectionOptions) {
    this.#signals = signals;
    this.#options = options;
    this.inbox = new UdpInbox(options.maxWaitingBytes);
  }

  get carriesDatagrams(): true {
    return true;
  }

  bind(options: BindOptions): void {
    const { host, port = 0 } = options;
    const failed = (error: Error) => this.#openFailed(bindError(error, `${host ?? "*"}:${port}`));
    this.#open(host, { host, port }, failed, () => this.#opened());
  }

  connect(options: ConnectOptions): void {
    const { host = "localhost", port, localAddress, localPort = 0 } = options;
    const failed = (error: Error) => this.#openFailed(connectError(error, `${host}:${port}`));
    this.#open(localAddress ?? host, { host: localAddress, port: localPort }, failed, (socket) => {
      this.#peerName = { host, port: port as number };
      socket.once("connect", () => this.#opened());
      socket.connect(port as number, host);
    });
  }

  read(): void {
    this.#wantsInput = true;
    if (this.inbox.isEmpty || this.#deliveryComes || this.#inBurst) return;
    this.#deliveryComes = true;
    queueMicrotask(() => this.#deliverWaiting());
  }

  /** @throws INVALID_ARGUMENT for a recipient that cannot be one */
  accepts(message: unknown): boolean {
    if (!this.#options.packets) return message instanceof ByteBuf;
    if (!(message instanceof DatagramPacket && message.content instanceof ByteBuf)) return false;
    this.#checkRecipient(message.recipient);
    return true;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#sender?.send(queue);
  }

  shutdownOutput(): void {
    throw new SluiceError("HALF_CLOSE_UNSUPPORTED", "UDP has no end of stream");
  }

  close(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sender?.stop();
    this.#socket?.close();
    queueMicrotask(() => this.#signals.closed());
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    this.#settings.set(option, value);
  }

  outlives(error: Error, isHeard: boolean): boolean {
    if (!(error instanceof SluiceError && error.recoverable)) return false;
    if (!isHeard && this.unheard++ === 0) {
      const where = formatAddress(this.localAddress);
      process.emitWarning(`an error nobody handles, on the UDP channel at ${where}: ${error.message}`, {
        type: "SluiceWarning",
        code: error.code,
        detail: "The channel goes on, and will not warn again. Handle exceptionCaught, or listen for its error event.",
      });
    }
    return true;
  }

  /** Has the socket join or leave a group. @throws CHANNEL_NOT_ACTIVE, and what `change` throws */
  changeMembership(change: (socket: Socket) => void): void {
    if (!this.#isActive || this.#isOver) throw new SluiceError("CHANNEL_NOT_ACTIVE");
    change(this.#socket as Socket);
  }

  // ── opening ────────────────────────────────────────────────────────────────────────────────────────────────

  #open(
    familyOf: string | undefined,
    local: { readonly host: string | undefined; readonly port: number },
    failed: (error: Error) => void,
    whenBound: (socket: Socket) => void,
  ): void {
    const { ipv6Only } = this.#options;
    const family = this.#options.family ?? (isIPv6(familyOf ?? "") ? "IPv6" : "IPv4");
    const socket = createSocket({
      type: family === "IPv4" ? "udp4" : "udp6",
      reuseAddr: this.#settings.reuseAddress,
      ipv6Only,
      lookup: lookupFor(family, family === "IPv6" && !ipv6Only),
    });
    this.#socket = socket;
    socket.on("error", (error) => (this.#isActive ? this.#socketFailed(error) : failed(error)));
    socket.on("message", (bytes, from) => this.#received(bytes, from));
    socket.once("listening", () => {
      try {
        this.#settings.applyTo(socket);
        whenBound(socket);
      } catch (error) {
        this.#openFailed(coded(error));
      }
    });
    try {
      // Node lets the system take such a number modulo 65_536.
      if (!isPort(local.port)) throw new SluiceError("INVALID_ARGUMENT", `${local.port} is no port`);
      socket.bind({ port: local.port, ...(local.host === undefined ? {} : { address: local.host }) });
    } catch (error) {
      this.#openFailed(coded(error));
    }
  }

  /** Signals never come from inside a verb, and Node may be done at once. */
  #opened(): void {
    const socket = this.#socket as Socket;
    this.localAddress = addressOf(socket.address());
    if (this.#peerName !== undefined) this.remoteAddress = addressOf(socket.remoteAddress());
    this.#sender = new UdpSender(socket, this.#peerName !== undefined);
    this.#isActive = true;
    queueMicrotask(() => {
      if (!this.#isOver) this.#signals.active();
    });
  }

  #openFailed(error: Error): void {
    queueMicrotask(() => this.#signals.connectFailed(error));
  }

  // ── receiving ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Node gives each datagram memory of its own and reads into 64 KiB: none arrives truncated. */
  #received(bytes: Buffer, from: RemoteInfo): void {
    if (this.#isOver) return;
    const { maxDatagramBytes, packets } = this.#options;
    if (bytes.length > maxDatagramBytes) {
      this.tooLong++;
      return this.#troubled(tooLong(bytes.length, maxDatagramBytes, from));
    }
    const content = ByteBuf.received(bytes, 0, bytes.length);
    const message = packets
      ? new DatagramPacket({ content, sender: addressOf(from), recipient: this.localAddress as InetAddress })
      : content;
    if (!this.#inBurst) {
      if (!this.#wantsInput || !this.inbox.isEmpty) return this.inbox.add(message, bytes.length);
      this.#wantsInput = false;
      this.#inBurst = true;
      setImmediate(this.#endBurst);
    }
    this.#signals.read(message);
  }

  readonly #endBurst = (): void => {
    this.#inBurst = false;
    if (!this.#isOver) this.#signals.readComplete();
  };

  #deliverWaiting(): void {
    this.#deliveryComes = false;
    const { inbox } = this;
    let count = 0;
    while (count < LARGEST_DELIVERY && !inbox.isEmpty && !this.#isOver) {
      const item = inbox.take();
      if (item instanceof SluiceError) this.#signals.troubled(item);
      else {
        if (count++ === 0) this.#wantsInput = false;
        this.#signals.read(item);
      }
    }
    if (count > 0 && !this.#isOver) this.#signals.readComplete();
  }

  #socketFailed(cause: Error): void {
    if (this.#isOver) return;
    const error = datagramError(cause);
    if (error === undefined) this.#signals.failed(connectionError(cause));
    else this.#troubled(error);
  }

  /** An error keeps its place among the messages; nobody has to ask for it. */
  #troubled(error: SluiceError): void {
    if (this.inbox.isEmpty) this.#signals.troubled(error);
    else this.inbox.add(error, 0);
  }

  #checkRecipient({ host, port }: InetAddress): void {
    if (!isPort(port) || port === 0) {
      throw new SluiceError("INVALID_ARGUMENT", `nothing can be sent to port ${port}`);
    }
    // Node takes no host for this machine, and throws at anything else from inside its own call back.
    if (typeof host !== "string" || host === "") {
      throw new SluiceError("INVALID_ARGUMENT", `nothing can be sent to a host ${JSON.stringify(host)}`);
    }
    const [peer, name] = [this.remoteAddress, this.#peerName];
    if (peer === undefined || (port === peer.port && (host === peer.host || host === name?.host))) return;
    const detail = `the channel is connected to ${formatAddress(peer)} and sends nothing to ${host}:${port}`;
    throw new SluiceError("INVALID_ARGUMENT", detail);
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port < 65_536;
}

/** What Node throws is about arguments, such as a port out of range. */
function coded(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError("INVALID_ARGUMENT", (thrown as Error).message, { cause: thrown });
}

function tooLong(length: number, limit: number, from: RemoteInfo): SluiceError {
  const detail = `a datagram of ${length} bytes from ${formatAddress(addressOf(from))} is longer than ${limit}`;
  return new SluiceError("DATAGRAM_TOO_LONG", detail, { length, limit });
}

function addressOf({ address, port, family }: { address: string; port: number; family: string }): InetAddress {
  return { host: address, port, family: family as "IPv4" | "IPv6" };
}

/** As many as libuv reads in one turn. */
const LARGEST_DELIVERY = 32;
