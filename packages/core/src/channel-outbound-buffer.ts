/**
 * The queue between `write` and the transport.
 *
 * ```
 *   head ▼                flushed ▼              tail ▼
 *   [ handed over … waiting for  │ written, not yet ]
 *   [ the network                │ flushed          ]
 * ```
 *
 * Queueing a message allocates nothing in the steady state: entries live in a ring, which an empty queue passes on. Every
 * entry counts its bytes plus {@link ENTRY_OVERHEAD} towards the water marks, as in Netty's `ChannelOutboundBuffer`. What a
 * handler holds back on its way here may be counted as well ({@link ChannelOutboundBuffer.hold}): to producers it makes no
 * difference where a message waits.
 *
 * Completions run in the order of the writes. They may write, flush and close: a message leaves the queue before its
 * completion is told, and a flush asked for meanwhile waits until all of them have been told, so that a transport
 * never sees the queue half way through.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type Completion, type FailureOwner, settle } from "./channel-promise.js";
import { DatagramPacket } from "./datagram-packet.js";
import { MessageRing } from "./message-ring.js";
import type { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

/** What the queue needs to know of its channel. */
export interface OutboundBufferOwner extends FailureOwner {
  writabilityChanged(): void;
  /** Messages have left the queue, and everyone has been told. */
  messagesCompleted(): void;
}

export class ChannelOutboundBuffer {
  readonly #owner: OutboundBufferOwner;
  #ring: MessageRing | undefined;
  #head = 0;
  #count = 0;
  #flushed = 0;
  #pendingBytes = 0;
  #completed = 0;
  #writable = true;
  #completing = false;
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

  /** Bytes queued or held, each message counted with its overhead. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Messages that have left the queue so far, sent or failed. */
  get completed(): number {
    return this.#completed;
  }

  get isWritable(): boolean {
    return this.#writable;
  }

  /** Whether completions are being told right now. */
  get isCompleting(): boolean {
    return this.#completing;
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
    this.updateWritability();
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
    const size = this.#admit(message);
    this.#ring ??= MessageRing.take();
    if (this.#count > this.#ring.mask) this.#grow(this.#ring);
    const { messages, sizes, completions, mask } = this.#ring;
    const slot = (this.#head + this.#count) & mask;
    messages[slot] = message;
    sizes[slot] = size;
    if (completion !== undefined) completions[slot] = completion;
    this.#count++;
    this.#pendingBytes += size;
    if (this.#pendingBytes > this.#high) this.updateWritability();
  }

  /**
   * Counts a message that a handler keeps for later towards the water marks and the hard cap, as if it were queued.
   *
   * @returns what is to be given to `release` when the message is passed on or given up
   * @throws OUTBOUND_BUFFER_FULL
   */
  hold(message: unknown): number {
    const size = this.#admit(message);
    this.#pendingBytes += size;
    if (this.#pendingBytes > this.#high) this.updateWritability();
    return size;
  }

  /** Counts a held message no more. Writability follows with `updateWritability`, when all that leave have left. */
  release(size: number): void {
    this.#pendingBytes -= size;
  }

  /** Compares what is pending with the water marks, and tells if that changes anything. */
  updateWritability(): void {
    const writable = this.#writable ? this.#pendingBytes <= this.#high : this.#pendingBytes < this.#low;
    if (writable === this.#writable) return;
    this.#writable = writable;
    this.#owner.writabilityChanged();
  }

  /** Marks all that has been written so far as to be sent. */
  markFlushed(): void {
    this.#flushed = this.#count;
  }

  /** The `index`-th flushed message, 0 being the oldest. */
  peek(index: number): unknown {
    const ring = this.#ring;
    return ring?.messages[(this.#head + index) & ring.mask];
  }

  /** Completes the oldest `count` messages: they have been handed to the system. */
  succeed(count: number): void {
    const outer = this.#startCompleting();
    for (let i = 0; i < count && this.#count > 0; i++) {
      const completion = this.#shift();
      if (completion !== undefined) settle(completion, undefined, this.#owner);
    }
    this.#endCompleting(outer);
  }

  /** Fails the oldest message. */
  failFirst(error: Error): void {
    if (this.#count === 0) return;
    const outer = this.#startCompleting();
    const completion = this.#shift();
    if (completion === undefined) this.#owner.unawaitedFailure(error);
    else settle(completion, error, this.#owner);
    this.#endCompleting(outer);
  }

  /** Takes out what has not been flushed, oldest first, and fails it for those who await it. */
  takeUnflushed(makeError: () => Error): unknown[] {
    const taken: unknown[] = [];
    for (let i = this.#flushed; i < this.#count; i++) taken.push(this.peek(i));
    this.#fail(this.#flushed, makeError, makeError, false);
    return taken;
  }

  /** Fails what has not been flushed; the rest stays. Failures nobody awaits are told once. */
  failUnflushed(makeError: () => Error): void {
    this.#fail(this.#flushed, makeError, makeError, true);
  }

  /**
   * Fails everything, oldest first: what was flushed and what was not, each for its own reason.
   *
   * @param tellUnawaited False when everybody knows already.
   */
  failAll(makeFlushedError: () => Error, makeUnflushedError: () => Error, tellUnawaited = true): void {
    this.#fail(0, makeFlushedError, makeUnflushedError, tellUnawaited);
  }

  /** The size a message counts for, if there is room for it. */
  #admit(message: unknown): number {
    const size = (message instanceof ByteBuf ? message.readableBytes : sizeOf(message)) + ENTRY_OVERHEAD;
    if (this.#pendingBytes + size > this.#maxBytes && this.#pendingBytes > 0) {
      throw new SluiceError("OUTBOUND_BUFFER_FULL", `${this.#pendingBytes} bytes are queued, ${size} more refused`, {
        length: size,
        limit: this.#maxBytes,
      });
    }
    return size;
  }

  #fail(first: number, flushedError: () => Error, unflushedError: () => Error, tellUnawaited: boolean): void {
    if (this.#count <= first) return;
    const outer = this.#startCompleting();
    // All leave before the first is told, so that nobody finds a message in the queue that is lost already.
    const failed: (Completion | undefined)[] = [];
    while (this.#count > first) failed.push(this.#pop());
    const flushed = this.#flushed - first;
    this.#flushed = Math.min(this.#flushed, first);
    this.#failEach(failed.slice(failed.length - flushed), flushedError, tellUnawaited);
    this.#failEach(failed.slice(0, failed.length - flushed), unflushedError, tellUnawaited);
    this.#endCompleting(outer);
  }

  /** @param failed The youngest first. */
  #failEach(failed: (Completion | undefined)[], makeError: () => Error, tellUnawaited: boolean): void {
    let unawaited = false;
    for (let i = failed.length - 1; i >= 0; i--) {
      const completion = failed[i];
      if (completion === undefined) unawaited = true;
      else settle(completion, makeError(), this.#owner);
    }
    if (unawaited && tellUnawaited) this.#owner.unawaitedFailure(makeError());
  }

  #startCompleting(): boolean {
    const outer = this.#completing;
    this.#completing = true;
    return outer;
  }

  #endCompleting(outer: boolean): void {
    this.#completing = outer;
    if (outer) return;
    if (this.#count === 0) this.#release();
    this.updateWritability();
    this.#owner.messagesCompleted();
  }

  #shift(): Completion | undefined {
    const slot = this.#head;
    this.#head = (slot + 1) & (this.#ring as MessageRing).mask;
    if (this.#flushed > 0) this.#flushed--;
    return this.#takeOut(slot);
  }

  #pop(): Completion | undefined {
    return this.#takeOut((this.#head + this.#count - 1) & (this.#ring as MessageRing).mask);
  }

  #takeOut(slot: number): Completion | undefined {
    const { messages, sizes, completions } = this.#ring as MessageRing;
    const completion = completions[slot];
    messages[slot] = undefined;
    if (completion !== undefined) completions[slot] = undefined;
    this.#pendingBytes -= sizes[slot] as number;
    this.#count--;
    this.#completed++;
    return completion;
  }

  #release(): void {
    if (this.#ring !== undefined) MessageRing.give(this.#ring);
    this.#ring = undefined;
    this.#head = 0;
  }

  #grow(ring: MessageRing): void {
    this.#ring = ring.grown(this.#head);
    this.#head = 0;
  }
}

function sizeOf(message: unknown): number {
  if (!(message instanceof DatagramPacket && message.content instanceof ByteBuf)) return UNKNOWN_SIZE;
  return message.content.readableBytes;
}

/** Bytes a queued message costs beside its content; Netty's figure. */
export const ENTRY_OVERHEAD = 96;
/** What a message that is not bytes counts for; Netty's figure. */
export const UNKNOWN_SIZE = 8;
