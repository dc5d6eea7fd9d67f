/**
 * The queue between `write` and the transport.
 *
 * ```
 *   head ▼                flushed ▼              tail ▼
 *   [ handed over … waiting for  │ written, not yet ]
 *   [ the network                │ flushed          ]
 * ```
 *
 * Entries live in growing rings, so queueing a message allocates nothing in the steady state; a channel that
 * has never written holds none, and a burst's large ring goes with the burst. Every entry counts its bytes plus {@link ENTRY_OVERHEAD} towards the water marks, as
 * in Netty's `ChannelOutboundBuffer`. Completions run in the order of the writes.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { Completion, FailureOwner } from "./channel-promise.js";
import type { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

/** What the queue needs to know of its channel. */
export interface OutboundBufferOwner extends FailureOwner {
  writabilityChanged(): void;
  /** The last queued message has been completed. */
  queueDrained(): void;
}

export class ChannelOutboundBuffer {
  readonly #owner: OutboundBufferOwner;
  #messages: unknown[] = NONE;
  #sizes: number[] = NONE as number[];
  #completions: (Completion | undefined)[] = NONE as undefined[];
  #head = 0;
  #count = 0;
  #flushed = 0;
  #pendingBytes = 0;
  #writable = true;
  #low: number;
  #high: number;
  #maxBytes: number;

  constructor(owner: OutboundBufferOwner, waterMark: WriteBufferWaterMark, maxBytes: number) {
    this.#owner = owner;
    this.#low = waterMark.low;
    this.#high = waterMark.high;
    this.#maxBytes = maxBytes;
  }

  /** Messages queued. */
  get length(): number {
    return this.#count;
  }

  /** Messages flushed and not yet completed. */
  get flushedLength(): number {
    return this.#flushed;
  }

  /** Bytes queued, each message counted with its overhead. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isWritable(): boolean {
    return this.#writable;
  }

  get bytesBeforeUnwritable(): number {
    return this.#writable ? Math.max(0, this.#high - this.#pendingBytes + 1) : 0;
  }

  get bytesBeforeWritable(): number {
    return this.#writable ? 0 : Math.max(0, this.#pendingBytes - this.#low + 1);
  }

  set waterMark(mark: WriteBufferWaterMark) {
    this.#low = mark.low;
    this.#high = mark.high;
    this.#updateWritability();
  }

  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /**
   * Queues a message. An empty queue takes a message of any size, so that one large message can always be sent.
   *
   * @throws OUTBOUND_BUFFER_FULL
   */
  add(message: unknown, completion: Completion | undefined): void {
    const size = (message instanceof ByteBuf ? message.readableBytes : UNKNOWN_SIZE) + ENTRY_OVERHEAD;
    if (this.#pendingBytes + size > this.#maxBytes && this.#count > 0) {
      throw new SluiceError("OUTBOUND_BUFFER_FULL", `${this.#pendingBytes} bytes are queued, ${size} more refused`, {
        length: size,
        limit: this.#maxBytes,
      });
    }
    if (this.#count === this.#messages.length) this.#grow();
    const slot = (this.#head + this.#count) & (this.#messages.length - 1);
    this.#messages[slot] = message;
    this.#sizes[slot] = size;
    this.#completions[slot] = completion;
    this.#count++;
    this.#pendingBytes += size;
    if (this.#pendingBytes > this.#high) this.#updateWritability();
  }

  /** Marks all that has been written so far as to be sent. */
  markFlushed(): void {
    this.#flushed = this.#count;
  }

  /** The `index`-th flushed message, 0 being the oldest. */
  peek(index: number): unknown {
    return this.#messages[(this.#head + index) & (this.#messages.length - 1)];
  }

  /** Completes the oldest `count` messages: they have been handed to the system. */
  succeed(count: number): void {
    for (let i = 0; i < count && this.#count > 0; i++) this.#shift()?.succeed();
    this.#afterRemoval();
  }

  /** Fails the oldest message. */
  failFirst(error: Error): void {
    const completion = this.#shift();
    if (completion === undefined) this.#owner.unawaitedFailure(error);
    else completion.fail(error);
    this.#afterRemoval();
  }

  /** Takes out what has not been flushed, oldest first, and fails it for those who await it. */
  takeUnflushed(makeError: (count: number) => SluiceError): unknown[] {
    const taken: unknown[] = [];
    while (this.#count > this.#flushed) {
      taken.push(this.peek(this.#count - 1));
      this.#pop()?.fail(makeError(1));
    }
    return taken.reverse();
  }

  /** Fails what has not been flushed; the rest stays. Failures nobody awaits are told once, with their number. */
  failUnflushed(makeError: (count: number) => SluiceError): void {
    this.#failFrom(this.#flushed, makeError);
  }

  /** Fails everything: the channel is closed. */
  failAll(makeError: (count: number) => SluiceError): void {
    this.#failFrom(0, makeError);
  }

  #failFrom(first: number, makeError: (count: number) => SluiceError): void {
    const failed: (Completion | undefined)[] = [];
    while (this.#count > first) failed.push(this.#pop());
    failed.reverse();
    this.#flushed = Math.min(this.#flushed, first);
    let unawaited = 0;
    for (const completion of failed) {
      if (completion === undefined) unawaited++;
      else completion.fail(makeError(1));
    }
    if (unawaited > 0) this.#owner.unawaitedFailure(makeError(unawaited));
  }

  #shift(): Completion | undefined {
    const slot = this.#head;
    const completion = this.#completions[slot];
    this.#messages[slot] = undefined;
    this.#completions[slot] = undefined;
    this.#pendingBytes -= this.#sizes[slot] as number;
    this.#head = (slot + 1) & (this.#messages.length - 1);
    this.#count--;
    if (this.#flushed > 0) this.#flushed--;
    return completion;
  }

  #pop(): Completion | undefined {
    const slot = (this.#head + this.#count - 1) & (this.#messages.length - 1);
    const completion = this.#completions[slot];
    this.#messages[slot] = undefined;
    this.#completions[slot] = undefined;
    this.#pendingBytes -= this.#sizes[slot] as number;
    this.#count--;
    return completion;
  }

  #afterRemoval(): void {
    if (this.#count === 0 && this.#messages.length > KEPT_CAPACITY) this.#release();
    this.#updateWritability();
    if (this.#count === 0) this.#owner.queueDrained();
  }

  #updateWritability(): void {
    const writable = this.#writable ? this.#pendingBytes <= this.#high : this.#pendingBytes < this.#low;
    if (writable === this.#writable) return;
    this.#writable = writable;
    this.#owner.writabilityChanged();
  }

  #release(): void {
    this.#messages = NONE;
    this.#sizes = NONE as number[];
    this.#completions = NONE as undefined[];
    this.#head = 0;
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.#messages.length * 2);
    const messages = new Array<unknown>(capacity);
    const sizes = new Array<number>(capacity).fill(0);
    const completions = new Array<Completion | undefined>(capacity);
    for (let i = 0; i < this.#count; i++) {
      const slot = (this.#head + i) & (this.#messages.length - 1);
      messages[i] = this.#messages[slot];
      sizes[i] = this.#sizes[slot] as number;
      completions[i] = this.#completions[slot];
    }
    this.#messages = messages;
    this.#sizes = sizes;
    this.#completions = completions;
    this.#head = 0;
  }
}

/** Bytes a queued message costs beside its content; Netty's figure. */
export const ENTRY_OVERHEAD = 96;
/** What a message that is not bytes counts for; Netty's figure. */
const UNKNOWN_SIZE = 8;
const FIRST_CAPACITY = 4;
/** Rings of up to this many entries survive an empty queue; larger ones are given back. */
const KEPT_CAPACITY = 64;
/** Shared by all empty queues, so that an idle channel holds no ring; never written. */
const NONE: unknown[] = [];
