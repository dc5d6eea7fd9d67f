/**
 * Memory for bytes that wait for the rest of their frame.
 *
 * Frames are slices of it, so it is written once and never again: what has been used is not given back, and whoever
 * holds a slice keeps the memory alive. Small pieces come from a slab shared by all decoders (a `Uint8Array` of its
 * own costs several hundred nanoseconds from 65 bytes up, a piece of a slab about twenty), larger ones have memory
 * of their own, which hosts hand out zeroed and, for large sizes, without touching it.
 */
import { ByteBuf } from "@sluice/buffer";

/** A buffer of `size` bytes to write to. */
export function takeRoom(size: number): ByteBuf {
  if (size > LARGEST_PIECE) return ByteBuf.alloc(size);
  if (slab.length - slabUsed < size) {
    slab = new Uint8Array(SLAB_SIZE);
    slabUsed = 0;
  }
  const room = ByteBuf.wrap(slab, slabUsed, size);
  room.writerIndex = 0;
  slabUsed += size;
  return room;
}

/** Moves the next `n` bytes from one buffer to the other. There must be that many, and room for them. */
export function moveBytes(from: ByteBuf, to: ByteBuf, n: number): void {
  const source = from.array;
  const target = to.array;
  const start = from.arrayOffset + from.readerIndex;
  const at = to.arrayOffset + to.writerIndex;
  if (n <= SHORT) for (let i = 0; i < n; i++) target[at + i] = source[start + i] as number;
  // Not `subarray`: on a Node `Buffer` that costs three times as much.
  else target.set(new Uint8Array(source.buffer, source.byteOffset + start, n), at);
  from.readerIndex += n;
  to.writerIndex += n;
}

/** One allocation for about two hundred torn frames of 64 bytes; what a kept frame may keep alive at most. */
const SLAB_SIZE = 16 * 1024;
const LARGEST_PIECE = SLAB_SIZE / 4;
/** Up to here a loop is faster than making a view. */
const SHORT = 24;

let slab = new Uint8Array(0);
let slabUsed = 0;
