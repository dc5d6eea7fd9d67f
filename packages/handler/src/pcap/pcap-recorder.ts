/**
 * What one channel contributes to a capture: its route, its TCP conversation, and the packets they make of messages.
 *
 * Channels of datagrams have no conversation. Nothing here throws: what can fail, the sink, fails in the capture.
 */
import { ByteBuf } from "@sluice/buffer";
import { type Channel, DatagramPacket, type SocketAddress } from "@sluice/core";
import { type CapturedRoute, describeRoute, type RouteOwner, routeBetween } from "./captured-route.js";
import { headerBytes, type Payload, type TcpFields } from "./ip-packet.js";
import type { CapturedChannel, PcapCapture } from "./pcap-capture.js";
import { type CapturedEnd, MOST_UNACKNOWLEDGED, type SegmentReceiver, TcpConversation } from "./tcp-conversation.js";

/** How a channel is to look in a capture. */
export interface PcapRecorderOptions {
  readonly capture: PcapCapture;
  readonly protocol: "tcp" | "udp";
  readonly local: SocketAddress | undefined;
  readonly remote: SocketAddress | undefined;
  readonly isServer: boolean;
}

export class PcapRecorder implements CapturedChannel, SegmentReceiver {
  readonly route: CapturedRoute;
  readonly comment: ByteBuf;
  commentedFile = 0;
  readonly #capture: PcapCapture;
  readonly #owner: RouteOwner;
  readonly #local: SocketAddress | undefined;
  readonly #conversation: TcpConversation | undefined;
  /** Bytes of the headers of a packet and of the block around it. */
  readonly #overhead: number;
  /** What is being captured, filled anew for each packet. */
  readonly #payload: Writable<Payload> = { array: NOTHING, from: 0, length: 0 };
  readonly #fields: Writable<TcpFields>;
  #array: Uint8Array = NOTHING;
  #from = 0;

  constructor(channel: Channel, { capture, protocol, local, remote, isServer }: PcapRecorderOptions) {
    this.#capture = capture;
    this.#local = local;
    this.#owner = { channelId: channel.id, isServer };
    this.route = routeBetween(local, remote, this.#owner);
    this.comment = ByteBuf.from(describeRoute(local, remote, this.#owner));
    const headers = headerBytes(this.route.local.address.length === 16, protocol);
    this.#overhead = headers + LARGEST_BLOCK_OVERHEAD;
    const maxSegmentBytes = capture.mtu - headers;
    this.#fields = { flags: 0, sequence: 0, acknowledgement: 0, maxSegmentBytes };
    if (protocol === "udp") return;
    const initialSequence = capture.initialSequence ?? Math.imul(channel.id, SPREAD) >>> 0;
    this.#conversation = new TcpConversation({ receiver: this, maxSegmentBytes, initialSequence });
  }

  /** The connection stands. */
  opened(): void {
    if (!this.#begin(0, 3)) return;
    this.#conversation?.opened(this.#owner.isServer ? "remote" : "local");
    this.#capture.commit();
  }

  /** A message has been read, or has left. `array` is undefined if it is not made of bytes. */
  passed(by: CapturedEnd, message: unknown, array: Uint8Array | undefined, from: number, length: number): void {
    if (array === undefined) return this.#capture.skipped();
    const isPacket = message instanceof DatagramPacket;
    const packets = this.#conversation === undefined || isPacket ? 1 : this.#packetsFor(length);
    if (!this.#begin(length, packets)) return this.#capture.skipped();
    this.#array = array;
    this.#from = from;
    if (isPacket) this.#datagram(by, message, length);
    else if (this.#conversation === undefined) this.#datagram(by, undefined, length);
    else if (!this.#conversation.sent(by, length)) this.#capture.skipped();
    this.#array = this.#payload.array = NOTHING;
    this.#capture.commit();
  }

  /** One end has sent everything. */
  ended(by: CapturedEnd): void {
    if (this.#conversation === undefined || !this.#begin(0, 2)) return;
    this.#conversation.ended(by);
    this.#capture.commit();
  }

  /** `by` has broken the connection. */
  reset(by: CapturedEnd): void {
    if (this.#conversation === undefined || !this.#begin(0, 1)) return;
    this.#conversation.reset(by);
    this.#capture.commit();
  }

  /** From the conversation. */
  segment(
    from: CapturedEnd,
    flags: number,
    sequence: number,
    acknowledgement: number,
    offset: number,
    length: number,
  ): void {
    this.#fields.flags = flags;
    this.#fields.sequence = sequence;
    this.#fields.acknowledgement = acknowledgement;
    this.#capture.tcp(this, from, this.#fields, this.#part(offset, length));
  }

  #datagram(by: CapturedEnd, packet: DatagramPacket<unknown> | undefined, length: number): void {
    const { local, remote } = packet === undefined ? this.route : this.#packetRoute(by, packet);
    const payload = this.#part(0, length);
    if (by === "local") this.#capture.udp(this, local, remote, payload);
    else this.#capture.udp(this, remote, local, payload);
  }

  #packetRoute(by: CapturedEnd, { sender, recipient }: DatagramPacket<unknown>): CapturedRoute {
    return by === "local"
      ? routeBetween(sender ?? this.#local, recipient, this.#owner)
      : routeBetween(recipient, sender, this.#owner);
  }

  #part(offset: number, length: number): Payload {
    this.#payload.array = this.#array;
    this.#payload.from = this.#from + offset;
    this.#payload.length = length;
    return this.#payload;
  }

  /** Its segments, and the acknowledgements that come by themselves. */
  #packetsFor(length: number): number {
    return Math.ceil(length / this.#fields.maxSegmentBytes) + Math.ceil(length / MOST_UNACKNOWLEDGED);
  }

  #begin(length: number, packets: number): boolean {
    return this.#capture.begin(length + packets * this.#overhead);
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NOTHING = new Uint8Array(0);
/** 32, and up to three to round up. */
const LARGEST_BLOCK_OVERHEAD = 35;
/** 2^32 over the golden ratio: channels with neighbouring ids begin far from each other. */
const SPREAD = 0x9e37_79b1;
