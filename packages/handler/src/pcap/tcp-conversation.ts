/**
 * Which TCP segments two ends would have exchanged for what a channel has sent and received.
 *
 * ```
 *            opened               ended by one       ended by the other, or reset
 *   waiting ───────▶ established ────────────▶ half-closed ────────────▶ over
 *      │                   └──────────────── reset ──────────────────────▲
 *      └── anything else: no segment
 * ```
 *
 * A machine: it is told what happened and says which segments that makes, without channel, bytes or time. Each end
 * acknowledges what it has with its next segment, or by itself before {@link MOST_UNACKNOWLEDGED} bytes would wait for
 * that; so nobody's window is ever full. Sequence numbers go round at 2^32.
 */
import { TCP_FLAG } from "./ip-packet.js";

export type CapturedEnd = "local" | "remote";

/** Gets the segments, in order. */
export interface SegmentReceiver {
  /** @param offset Of the payload in the message that was sent or received. */
  segment(
    from: CapturedEnd,
    flags: number,
    sequence: number,
    acknowledgement: number,
    offset: number,
    length: number,
  ): void;
}

export interface TcpConversationOptions {
  readonly receiver: SegmentReceiver;
  readonly maxSegmentBytes: number;
  /** The sequence number of both SYNs. */
  readonly initialSequence: number;
}

export class TcpConversation {
  readonly #receiver: SegmentReceiver;
  readonly #maxSegmentBytes: number;
  readonly #local: End;
  readonly #remote: End;
  #isOpen = false;

  constructor({ receiver, maxSegmentBytes, initialSequence }: TcpConversationOptions) {
    this.#receiver = receiver;
    this.#maxSegmentBytes = maxSegmentBytes;
    this.#local = { name: "local", next: initialSequence, acknowledged: initialSequence, hasEnded: false };
    this.#remote = { name: "remote", next: initialSequence, acknowledged: initialSequence, hasEnded: false };
  }

  get isOver(): boolean {
    return this.#local.hasEnded && this.#remote.hasEnded;
  }

  /** The handshake. @param client Who asked for the connection. */
  opened(client: CapturedEnd): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const [asking, answering] = this.#ends(client);
    this.#receiver.segment(asking.name, SYN, asking.next, 0, 0, 0);
    asking.next = plus(asking.next, 1);
    this.#emit(answering, asking, SYN | ACK);
    answering.next = plus(answering.next, 1);
    this.#emit(asking, answering, ACK);
  }

  /** @returns whether `from` could send: it has not ended */
  sent(from: CapturedEnd, length: number): boolean {
    const [sender, receiver] = this.#ends(from);
    if (!this.#isOpen || sender.hasEnded) return false;
    for (let offset = 0; offset < length; ) {
      const size = Math.min(length - offset, this.#maxSegmentBytes);
      const isLast = offset + size === length;
      const waiting = distance(sender.acknowledged, sender.next);
      if (waiting > 0 && waiting + size > MOST_UNACKNOWLEDGED) this.#emit(receiver, sender, ACK);
      this.#emit(sender, receiver, isLast ? PSH | ACK : ACK, offset, size);
      sender.next = plus(sender.next, size);
      offset += size;
    }
    return true;
  }

  /** End of stream, acknowledged at once. */
  ended(from: CapturedEnd): void {
    const [ending, other] = this.#ends(from);
    if (!this.#isOpen || ending.hasEnded) return;
    this.#emit(ending, other, FIN | ACK);
    ending.next = plus(ending.next, 1);
    ending.hasEnded = true;
    this.#emit(other, ending, ACK);
  }

  reset(from: CapturedEnd): void {
    if (!this.#isOpen || this.isOver) return;
    const [resetting, other] = this.#ends(from);
    this.#emit(resetting, other, RST | ACK);
    this.#local.hasEnded = this.#remote.hasEnded = true;
  }

  /** Every segment but the first acknowledges all that the other end has sent. */
  #emit(sender: End, other: End, flags: number, offset = 0, length = 0): void {
    other.acknowledged = other.next;
    this.#receiver.segment(sender.name, flags, sender.next, other.next, offset, length);
  }

  #ends(first: CapturedEnd): [End, End] {
    return first === "local" ? [this.#local, this.#remote] : [this.#remote, this.#local];
  }
}

interface End {
  readonly name: CapturedEnd;
  /** Sequence number of its next byte. */
  next: number;
  /** Up to where the other end has acknowledged. */
  acknowledged: number;
  hasEnded: boolean;
}

function plus(sequence: number, length: number): number {
  return (sequence + length) >>> 0;
}

function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}

const { FIN, SYN, RST, PSH, ACK } = TCP_FLAG;

/** Half of the window that the packets show. */
export const MOST_UNACKNOWLEDGED = 32_768;
