/**
 * Hands flushed datagrams to the socket, a bounded number at a time, and completes them in the order of the writes.
 *
 * ```
 *   queue  [ under way … │ flushed, waits │ not flushed ]
 *            └─ called back one by one, oldest first
 * ```
 *
 * They stay in the channel's queue until the system has taken them, so its water marks and its cap count them. When the
 * system takes one no longer at once, those under way are waited for before the next is handed over. A recipient that
 * is a name is sent to alone: what is behind it could otherwise overtake it while the name is being looked up.
 */
import { isIP } from "node:net";
import { ByteBuf, type ChannelOutboundBuffer, type DatagramPacket, type InetAddress } from "@sluice/core";
import { sendError } from "./udp-errors.js";

/** What is needed of a `dgram.Socket`. */
export interface SendingSocket {
  send(bytes: Uint8Array, from: number, length: number, onSent: OnSent): void;
  send(bytes: Uint8Array, from: number, length: number, port: number, host: string, onSent: OnSent): void;
  /** Bytes that the system has not taken at once. */
  getSendQueueSize(): number;
}

type OnSent = (error: Error | null) => void;

export class UdpSender {
  readonly #socket: SendingSocket;
  readonly #isConnected: boolean;
  #queue: ChannelOutboundBuffer | undefined;
  #underWay = 0;
  #waits = false;
  #isOver = false;

  /** @param isConnected Whether all goes to the socket's peer. */
  constructor(socket: SendingSocket, isConnected: boolean) {
    this.#socket = socket;
    this.#isConnected = isConnected;
  }

  /** Sends what is flushed, now and as soon as there is room. */
  send(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    while (!this.#waits && this.#underWay < MOST_UNDER_WAY && this.#underWay < queue.flushedLength) {
      const message = queue.peek(this.#underWay) as ByteBuf | DatagramPacket<ByteBuf>;
      if (message instanceof ByteBuf) this.#hand(message, undefined);
      else this.#hand(message.content, this.#isConnected ? undefined : message.recipient);
    }
  }

  /** The queue is no longer ours: what is called back from now on has been settled. */
  stop(): void {
    this.#isOver = true;
  }

  #hand(content: ByteBuf, recipient: InetAddress | undefined): void {
    const isName = recipient !== undefined && isIP(recipient.host) === 0;
    if (isName && this.#underWay > 0) {
      this.#waits = true;
      return;
    }
    const from = content.arrayOffset + content.readerIndex;
    const length = content.readableBytes;
    this.#underWay++;
    if (recipient === undefined) this.#socket.send(content.array, from, length, this.#onSent);
    else this.#socket.send(content.array, from, length, recipient.port, recipient.host, this.#onSent);
    this.#waits = isName || this.#socket.getSendQueueSize() > 0;
  }

  /** Called back by Node in a job of its own, once for each datagram in their order. */
  readonly #onSent = (error: Error | null): void => {
    if (this.#isOver) return;
    const queue = this.#queue as ChannelOutboundBuffer;
    this.#underWay--;
    if (this.#underWay === 0) this.#waits = false;
    if (error === null || error === undefined) queue.succeed(1);
    else queue.failFirst(sendError(error, lengthOf(queue.peek(0))));
    // Completions may have ended everything.
    if (!this.#isOver) this.send(queue);
  };
}

function lengthOf(message: unknown): number {
  return (message instanceof ByteBuf ? message : (message as DatagramPacket<ByteBuf>).content).readableBytes;
}

/** Bounds the calls back that Node keeps; the system takes datagrams faster than it would be noticed. */
const MOST_UNDER_WAY = 64;
