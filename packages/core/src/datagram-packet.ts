/** A message with the addresses it travels between, because a datagram channel has no connection that would imply them. */
import { SluiceError } from "@sluice/buffer";
import { formatAddress, type InetAddress } from "./socket-address.js";

/** What a packet is made of. */
export interface DatagramPacketInit<T> {
  readonly content: T;
  /** Where it goes, or arrived. */
  readonly recipient: InetAddress;
  /** Where it comes from; unknown for a packet that is still to be sent. */
  readonly sender?: InetAddress | undefined;
}

/**
 * One datagram, or what a decoder made of one.
 *
 * @example
 * ```ts
 * channelRead(ctx, packet: DatagramPacket<string>) {
 *   ctx.writeAndFlush(packet.reply("pong"));
 * }
 * ```
 */
export class DatagramPacket<T> {
  readonly content: T;
  readonly recipient: InetAddress;
  readonly sender: InetAddress | undefined;

  constructor(init: DatagramPacketInit<T>) {
    this.content = init.content;
    this.recipient = init.recipient;
    this.sender = init.sender;
  }

  /** The same addresses with another content. */
  withContent<U>(content: U): DatagramPacket<U> {
    return new DatagramPacket({ content, recipient: this.recipient, sender: this.sender });
  }

  /** A packet to whoever sent this one. @throws INVALID_ARGUMENT for one that nobody has sent */
  reply<U>(content: U): DatagramPacket<U> {
    if (this.sender === undefined) throw new SluiceError("INVALID_ARGUMENT", "a packet without a sender has no reply");
    return new DatagramPacket({ content, recipient: this.sender });
  }

  /** `10.0.0.1:5000 → 10.0.0.2:53: content` */
  toString(): string {
    const from = this.sender === undefined ? "" : `${formatAddress(this.sender)} `;
    return `${from}→ ${formatAddress(this.recipient)}: ${this.content}`;
  }
}
