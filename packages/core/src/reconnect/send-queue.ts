/**
 * The messages a reconnecting client cannot write yet, in order: a list that any of them can leave at once.
 *
 * Bounded in messages and in bytes. An empty queue has room for a message of any size, so that one large message can
 * always be sent.
 */
import type { PendingSend } from "./pending-send.js";

export interface SendQueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export class SendQueue<Out> {
  readonly #limits: SendQueueLimits;
  #first: PendingSend<Out> | undefined;
  #last: PendingSend<Out> | undefined;
  #length = 0;
  #bytes = 0;

  constructor(limits: SendQueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoomFor(bytes: number): boolean {
    const { maxMessages, maxBytes } = this.#limits;
    return this.#length === 0 || (this.#length < maxMessages && this.#bytes + bytes <= maxBytes);
  }

  /** Adds it, whether or not there is room. */
  add(send: PendingSend<Out>): void {
    send.isQueued = true;
    send.previous = this.#last;
    if (this.#last === undefined) this.#first = send;
    else this.#last.next = send;
    this.#last = send;
    this.#length++;
    this.#bytes += send.bytes;
  }

  /** Takes out the oldest. */
  shift(): PendingSend<Out> | undefined {
    const send = this.#first;
    if (send !== undefined) this.remove(send);
    return send;
  }

  /** @returns whether it was there */
  remove(send: PendingSend<Out>): boolean {
    if (!send.isQueued) return false;
    const { previous, next } = send;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    send.isQueued = false;
    send.previous = send.next = undefined;
    this.#length--;
    this.#bytes -= send.bytes;
    return true;
  }
}
