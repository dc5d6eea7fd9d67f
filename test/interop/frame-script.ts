/**
 * The frames of one connection, the same at both ends: `Script` in netty/NettyPeer.java is the twin of this file.
 *
 * ```
 *   frame 0     the number of the connection
 *   frame n     [ n, 8 hex digits | CRC-32 of the rest, 8 hex digits | a random part of a pool of random content ]
 *   if short    [ a random part of the pool ]                                              0 to 15 units
 * ```
 *
 * Both ends compute every frame from the seed, so what arrives is compared whole; number and checksum tell in a
 * failure whether a frame was lost, moved or changed. A unit is a byte, or in text a UTF-16 code unit.
 */

import { crc32 } from "node:zlib";
import { ByteBuf } from "sluice";
import { Random32 } from "./random-32.js";

export type Frame = ByteBuf | string;

/** Its frames are asked for one after the other. */
export abstract class FrameScript<T extends Frame> {
  readonly connection: number;
  readonly #random: Random32;
  #number = 0;

  constructor(seed: number, connection: number) {
    this.connection = connection;
    this.#random = new Random32(seed + 31 * (connection + 1));
  }

  next(): T {
    const number = this.#number++;
    if (number === 0) return this.first(String(this.connection));
    const dice = this.#random.below(1000);
    const units = dice < 2 ? LARGE_UNITS : dice < 60 ? this.#random.below(20) : this.#random.below(2001);
    const length = units < HEADER_UNITS ? units : units - HEADER_UNITS;
    const start = this.#random.below(POOL_UNITS - length);
    return this.frame(units < HEADER_UNITS ? undefined : number, start, start + length);
  }

  protected abstract first(connection: string): T;

  /** @param number is written in front together with the checksum, unless undefined */
  protected abstract frame(number: number | undefined, start: number, end: number): T;
}

/** Frames of bytes; every other one has head-room for a length field. */
export class ByteFrameScript extends FrameScript<ByteBuf> {
  readonly #pool: Uint8Array;

  /** @param delimiter its bytes are frequent in the frames, but never one after the other */
  constructor(seed: number, connection: number, delimiter?: Uint8Array) {
    super(seed, connection);
    this.#pool = bytePool(new Random32(seed), delimiter);
  }

  protected override first(connection: string): ByteBuf {
    return ByteBuf.from(connection);
  }

  protected override frame(number: number | undefined, start: number, end: number): ByteBuf {
    const body = this.#pool.subarray(start, end);
    const header = number === undefined ? 0 : HEADER_UNITS;
    const frame = ByteBuf.alloc(header + body.length, { headRoom: start % 2 === 0 ? 0 : 4 });
    if (number !== undefined) frame.writeString(hex(number) + hex(crc32(body)));
    return frame.writeBytes(body);
  }
}

/** Lines of text with characters of one to four bytes, and returns that end no line. */
export class TextFrameScript extends FrameScript<string> {
  readonly #pool: string;

  constructor(seed: number, connection: number) {
    super(seed, connection);
    this.#pool = textPool(new Random32(seed));
  }

  protected override first(connection: string): string {
    return connection;
  }

  protected override frame(number: number | undefined, start: number, end: number): string {
    const body = wholeCharacters(this.#pool.slice(start, end));
    return number === undefined ? body : hex(number) + hex(crc32(body)) + body;
  }
}

function bytePool(random: Random32, delimiter: Uint8Array | undefined): Uint8Array {
  const pool = new Uint8Array(POOL_UNITS);
  for (let i = 0; i < pool.length; i++) {
    pool[i] = random.below(256);
    if (delimiter === undefined) continue;
    const [first, second] = delimiter as Uint8Array & [number, number];
    const dice = random.below(8);
    if (dice < 2) pool[i] = dice === 0 ? first : second;
    if (pool[i - 1] === first && pool[i] === second) pool[i] = first;
  }
  return pool;
}

function textPool(random: Random32): string {
  let pool = "";
  while (pool.length < POOL_UNITS) pool += TEXT[random.below(TEXT.length)];
  return pool.slice(0, POOL_UNITS);
}

/** Without half a surrogate pair at an end, and without a return at the end that a line end would take along. */
function wholeCharacters(part: string): string {
  return part
    .replace(/^[\udc00-\udfff]/, "")
    .replace(/[\ud800-\udbff]$/, "")
    .replace(/\r+$/, "");
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

const POOL_UNITS = 1 << 17;
const LARGE_UNITS = 64 * 1024;
const HEADER_UNITS = 16;
const TEXT = [..."abcdefghijklmnopqrstuvwxyz0123456789 \t\réß中文€😀𝄞\0"];
