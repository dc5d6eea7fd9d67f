/**
 * Turns queued messages into as few writes as possible.
 *
 * ```
 *   queue   [64 B][64 B][64 B][16 KiB][64 B]
 *   pieces  [── copied ─────][by ref ][copied]      one system call
 * ```
 *
 * Small messages are copied side by side into a scratch region, large ones pass by reference. At most one batch is
 * under way: while the system has no room the queue fills, and the next batch is as large as it may be. When the
 * system takes a batch at once, as it nearly always does, the scratch region is used again; otherwise it goes with
 * the write and a new one is made.
 */
import type { Socket } from "node:net";
import type { ByteBuf, ChannelOutboundBuffer } from "@sluice/core";

export class SocketWriter {
  readonly #socket: Socket;
  #queue: ChannelOutboundBuffer | undefined;
  /** Messages of the batch that the system has not taken yet. */
  #underWay = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Writes what is flushed, now and whenever there is room, until the queue's flushed part is empty. */
  write(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    while (this.#underWay === 0 && queue.flushedLength > 0 && !this.#socket.destroyed) this.#writeBatch(queue);
  }

  #writeBatch(queue: ChannelOutboundBuffer): void {
    const socket = this.#socket;
    const available = queue.flushedLength;
    let pieces: Buffer[] | undefined;
    let start = 0;
    let end = 0;
    let bytes = 0;
    let count = 0;
    for (; count < available && bytes < LARGEST_BATCH; count++) {
      const message = queue.peek(count) as ByteBuf;
      const length = message.readableBytes;
      const from = message.arrayOffset + message.readerIndex;
      if (length <= LARGEST_COPIED) {
        if (end + length > SCRATCH_BYTES) break;
        end = copy(message.array, from, length, end);
      } else {
        pieces ??= [];
        if (end > start) pieces.push(scratch.subarray(start, end));
        start = end;
        pieces.push(Buffer.from(message.array.buffer, message.array.byteOffset + from, length));
      }
      bytes += length;
    }
    this.#underWay = count;
    if (bytes === 0) return this.#taken();
    if (pieces === undefined) socket.write(scratch.subarray(0, end));
    else {
      if (end > start) pieces.push(scratch.subarray(start, end));
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    if (socket.writableLength === 0) return this.#taken();
    if (end > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    // A write with a callback costs a tick each time, so only this rare path asks, with an empty one behind the batch.
    socket.write(NOTHING, this.#onWritten);
  }

  readonly #onWritten = (): void => {
    if (this.#underWay === 0 || this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    this.#taken();
    if (this.#queue !== undefined) this.write(this.#queue);
  };

  #taken(): void {
    const count = this.#underWay;
    this.#underWay = 0;
    this.#queue?.succeed(count);
  }
}

/** @returns the end of what has been copied */
function copy(from: Uint8Array, start: number, length: number, to: number): number {
  if (length > LARGEST_LOOPED) scratch.set(from.subarray(start, start + length), to);
  else for (let i = 0; i < length; i++) scratch[to + i] = from[start + i] as number;
  return to + length;
}

const NOTHING = Buffer.alloc(0);
const SCRATCH_BYTES = 64 * 1024;
const LARGEST_COPIED = 4 * 1024;
const LARGEST_BATCH = 256 * 1024;
/** A byte loop beats a view and `set` for messages up to this length. */
const LARGEST_LOOPED = 24;

/** One region for all sockets: a batch is built and written without anything in between. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
