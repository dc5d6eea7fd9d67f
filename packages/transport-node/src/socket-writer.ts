/**
 * Turns queued messages into as few writes as possible.
 *
 * ```
 *   queue    [64 B][64 B]·[64 B]   [16 KiB]   [64 B]        · = next to each other in memory
 *   pieces   [───── one run ────]  [by ref]   [copied]      one system call
 * ```
 *
 * Messages that lie side by side in memory, as encoders make them, form one run. If all there is to send is one run it
 * goes out as it is. Otherwise short runs are copied side by side into a scratch region and long ones pass by reference.
 *
 * At most one batch is under way: while the system has no room the queue fills, and the next batch is as large as it
 * may be. When the system takes a batch at once, as it nearly always does with TCP, its part of the scratch region is
 * used again; otherwise, and always with TLS, that part goes with the write, and when little is left a new region is made.
 */
import type { Socket } from "node:net";
import { type ByteBuf, type ChannelOutboundBuffer, copyBytes } from "@sluice/core";

export class SocketWriter {
  readonly #socket: Socket;
  /** What lies below it, if something does: then nothing is ever taken at once. */
  readonly #below: Socket | undefined;
  #queue: ChannelOutboundBuffer | undefined;
  /** Messages of the batch that the system has not taken yet. */
  #underWay = 0;
  /** Messages that are still to be written; below 0 if that is not bounded. */
  #rest = -1;
  #onFinished: (() => void) | undefined;
  /** Made when it is needed first, which for most sockets is never. */
  #onWritten: (() => void) | undefined;

  constructor(socket: Socket, below?: Socket) {
    this.#socket = socket;
    this.#below = below;
  }

  /** Writes what is flushed, now and whenever there is room, until the queue's flushed part is empty. */
  write(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    while (this.#underWay === 0 && queue.flushedLength > 0 && this.#rest !== 0) this.#writeBatch(queue);
  }

  /** Writes what is flushed by now, and calls `then` when the system has taken it; nothing is written after that. */
  finish(queue: ChannelOutboundBuffer, then: () => void): void {
    this.#rest = queue.flushedLength;
    if (this.#rest === 0) return then();
    this.#onFinished = then;
    this.write(queue);
  }

  /**
   * Bytes of the batch under way that the system has not taken yet, as Node's own timeout of a socket sees them;
   * undefined where its handle does not tell.
   */
  get unsentBytes(): number | undefined {
    const socket = this.#below ?? this.#socket;
    return (socket as unknown as { _handle: { writeQueueSize?: number } | null })._handle?.writeQueueSize;
  }

  #writeBatch(queue: ChannelOutboundBuffer): void {
    const socket = this.#socket;
    const available = this.#rest < 0 ? queue.flushedLength : Math.min(queue.flushedLength, this.#rest);
    let run = queue.peek(0) as ByteBuf;
    let from = run.arrayOffset + run.readerIndex;
    let to = from;
    let bytes = 0;
    let count = 0;
    for (; count < available && bytes < LARGEST_BATCH; count++) {
      const message = queue.peek(count) as ByteBuf;
      const start = message.arrayOffset + message.readerIndex;
      const length = message.writerIndex - message.readerIndex;
      if (start !== to || message.array !== run.array) {
        batch.add(run.array, from, to);
        run = message;
        from = start;
      }
      to = start + length;
      bytes += length;
    }
    this.#underWay = count;
    if (bytes === 0) return this.#taken();
    // Behind a layer no empty write may follow (ADR 11), so the batch carries its callback itself.
    const onWritten = this.#below === undefined ? undefined : this.#callback;
    let accepted: boolean;
    if (batch.isEmpty) accepted = socket.write(viewOf(run.array, from, to), onWritten);
    else {
      batch.add(run.array, from, to);
      accepted = batch.writeTo(socket, onWritten);
    }
    if (onWritten !== undefined) return batch.finish(false);
    // A socket that is gone accepts nothing: its `close` event will fail what is queued.
    const isTaken = socket.writableLength === 0 && (accepted || !socket.destroyed);
    batch.finish(isTaken);
    if (isTaken) return this.#taken();
    // A write with a callback costs a tick each time, so only this rare path asks, with an empty one behind the batch.
    socket.write(NOTHING, this.#callback);
  }

  get #callback(): () => void {
    this.#onWritten ??= () => this.#written();
    return this.#onWritten;
  }

  #written(): void {
    if (this.#underWay === 0 || this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    this.#taken();
    if (this.#queue !== undefined) this.write(this.#queue);
  }

  #taken(): void {
    const count = this.#underWay;
    this.#underWay = 0;
    if (this.#rest > 0) this.#rest -= count;
    this.#queue?.succeed(count);
    if (this.#rest === 0) this.#finished();
  }

  #finished(): void {
    const then = this.#onFinished;
    this.#onFinished = undefined;
    then?.();
  }
}

/** What is to be written by one system call. One for all sockets: it is filled and written without anything between. */
const batch = {
  scratch: Buffer.allocUnsafeSlow(128 * 1024),
  /** Of the scratch region: what went with earlier writes, what the pieces hold already, and what has been copied. */
  base: 0,
  start: 0,
  end: 0,
  pieces: [] as Buffer[],

  get isEmpty(): boolean {
    return this.end === this.base && this.pieces.length === 0;
  },

  /** Adds a run: by reference if it is long, or if the scratch region has no room for it. */
  add(array: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length <= LONGEST_COPIED && this.end + length <= this.scratch.length) {
      copyBytes(array, from, this.scratch, this.end, length);
      this.end += length;
    } else {
      this.cutScratch();
      this.pieces.push(viewOf(array, from, to));
    }
  },

  /** @returns what the last `write`, which gets the callback, returned */
  writeTo(socket: Socket, onWritten: (() => void) | undefined): boolean {
    this.cutScratch();
    const { pieces } = this;
    this.pieces = [];
    const last = pieces.pop() as Buffer;
    if (pieces.length === 0) return socket.write(last, onWritten);
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    const accepted = socket.write(last, onWritten);
    socket.uncork();
    return accepted;
  },

  cutScratch(): void {
    if (this.end > this.start) this.pieces.push(this.scratch.subarray(this.start, this.end));
    this.start = this.end;
  },

  /** Its part of the scratch region can be used again if the system has taken what is in it. */
  finish(isTaken: boolean): void {
    if (!isTaken) this.base = this.end;
    if (this.scratch.length - this.base < LEAST_SCRATCH) {
      this.scratch = Buffer.allocUnsafeSlow(this.scratch.length);
      this.base = 0;
    }
    this.start = this.end = this.base;
  },
};

function viewOf(array: Uint8Array, from: number, to: number): Buffer {
  return Buffer.from(array.buffer, array.byteOffset + from, to - from);
}

const NOTHING = Buffer.alloc(0);
const LONGEST_COPIED = 4 * 1024;
const LEAST_SCRATCH = 64 * 1024;
const LARGEST_BATCH = 256 * 1024;
