/**
 * Cuts a stream of JSON objects and arrays where they end.
 *
 * ```
 *   BEFORE                                  AFTER
 *   +----+-----+--------+--------+         +---------+---------------+
 *   | {" | a": | 1} {"b | ":"}"} |  ─────▶ | {"a":1} | {"b":"}"}     |
 *   +----+-----+--------+--------+         +---------+---------------+
 *
 *   streamArrayElements = true
 *   +---------------------+                +---------+---+-----+
 *   | [{"a":1}, 2, [3,4]] |  ────────────▶ | {"a":1} | 2 | [3,4] |
 *   +---------------------+                +---------+---+-----+
 * ```
 *
 * With streamed elements the brackets and commas of the outer array are read here:
 *
 * ```
 *                [                 value               ,                 value
 *   outside ──────────▶ array open ──────▶ value seen ──────▶ comma seen ──────▶ value seen
 *      ▲        ]           │        ]         │
 *      └────────────────────┴──────────────────┘
 * ```
 */
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";

export interface JsonObjectDecoderOptions extends DecoderOptions {
  /**
   * Bytes an object may have, or an element of an array whose elements are streamed.
   * @default 1 MiB
   */
  readonly maxObjectLength?: number;
  /**
   * Whether the elements of an array at the top level are frames, instead of the array. Each is delivered as soon as it
   * has ended; the array may be endless.
   * @default false
   */
  readonly streamArrayElements?: boolean;
}

/**
 * JSON objects and arrays, with or without white space between them, as slices of what arrived; the bytes of one value
 * each, for a `JsonCodec` to parse.
 *
 * Looks for the ends only: brackets are counted, and skipped in strings. What else is wrong inside an object, such as a
 * brace that closes a bracket, is for the parser to find, which costs one frame and not the connection. Each byte is
 * looked at once. An object's length is its own: how many of them lie in one chunk makes no difference.
 *
 * Errors:
 * - FRAME_TOO_LONG (recoverable; `offset`, `limit`) as soon as the limit has been passed; nesting is still followed, and
 *   the value behind is delivered.
 * - FRAME_CORRUPTED (fatal; `offset`): something else than an object or array at the top level, or a comma or bracket out
 *   of place in an array whose elements are streamed.
 * - FRAME_TRUNCATED: the stream ended inside a value, or inside an array whose elements are streamed.
 * - The constructor throws INVALID_ARGUMENT.
 */
export class JsonObjectDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #maxLength: number;
  readonly #streamElements: boolean;
  #place: Place = "outside";
  #value: "none" | "bracketed" | "bare" = "none";
  #discarding = false;
  /** Bytes of the value that have been looked at, from `readerIndex` on. */
  #looked = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(options: JsonObjectDecoderOptions = {}) {
    const maxLength = checkBytes("maxObjectLength", options.maxObjectLength ?? DEFAULT_MAX_LENGTH, 1);
    super({ ...options, maxUnreadBytes: maxLength, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#maxLength = maxLength;
    this.#streamElements = options.streamArrayElements ?? false;
  }

  protected override get isSkipping(): boolean {
    return this.#discarding;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    if (this.#value === "none") {
      this.#findValue(input);
      if (this.#value === "none") return;
    }
    if (this.#discarding) return this.#discard(input);
    const start = input.readerIndex;
    const bare = this.#value === "bare";
    // What ends a bare value is the byte behind it.
    const most = this.#maxLength + (bare ? 1 : 0);
    const from = start + this.#looked;
    const end = this.#look(input, from, Math.min(input.writerIndex, start + most));
    if (end >= 0) {
      this.#endValue();
      return input.readSlice(end - start);
    }
    if (input.readableBytes > this.#maxLength) throw this.#tooLong(input, most);
    this.#looked = input.readableBytes;
  }

  protected override decodeLast(ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    if (input.isReadable()) return this.decode(ctx, input);
    if (this.#place !== "outside" && !this.#discarding) {
      throw this.frameError("FRAME_TRUNCATED", "the stream ended inside an array", 0, { length: 0 });
    }
  }

  /** Moves to the first byte of a value, or over all there is. */
  #findValue(input: ByteBuf): void {
    const { array, arrayOffset } = input;
    const start = arrayOffset + input.readerIndex;
    const to = arrayOffset + input.writerIndex;
    let at = start;
    let fits = true;
    while (at < to && fits && this.#value === "none") {
      const byte = array[at] as number;
      if (isWhiteSpace(byte)) at++;
      else if (this.#isPunctuation(byte)) at++;
      else fits = this.#beginValue(byte);
    }
    input.readerIndex = at - arrayOffset;
    this.scanned(at - start);
    if (!fits) throw this.#misplaced(array[at] as number);
  }

  /** Whether `byte` belongs to an array whose elements are streamed, where it stands. */
  #isPunctuation(byte: number): boolean {
    const from = this.#place;
    if (from === "outside") {
      if (this.#streamElements && byte === OPEN_BRACKET) this.#place = "array open";
    } else if (from === "value seen" && byte === COMMA) this.#place = "comma seen";
    else if (from !== "comma seen" && byte === CLOSE_BRACKET) this.#place = "outside";
    return this.#place !== from;
  }

  /** @returns false if no value may begin here, or not with `byte` */
  #beginValue(byte: number): boolean {
    const isElement = this.#place !== "outside";
    if (this.#place === "value seen") return false;
    if (isOpening(byte) || (isElement && byte === QUOTE)) this.#value = "bracketed";
    else if (isElement && isBare(byte)) this.#value = "bare";
    else return false;
    if (isElement) this.#place = "value seen";
    return true;
  }

  /** Looks for the end of the value between two indexes: the index behind its last byte, or -1. */
  #look(input: ByteBuf, from: number, to: number): number {
    const { arrayOffset } = input;
    const end =
      this.#value === "bare"
        ? this.#lookBare(input.array, arrayOffset + from, arrayOffset + to)
        : this.#lookBracketed(input.array, arrayOffset + from, arrayOffset + to);
    this.scanned((end < 0 ? arrayOffset + to : end) - arrayOffset - from);
    return end < 0 ? -1 : end - arrayOffset;
  }

  #lookBracketed(array: Uint8Array, from: number, to: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let end = -1;
    for (let at = from; at < to && end < 0; at++) {
      const byte = array[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) end = at + 1;
        }
      } else if (byte === QUOTE) inString = true;
      else if (isOpening(byte)) depth++;
      else if (isClosing(byte) && --depth === 0) end = at + 1;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return end;
  }

  #lookBare(array: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && isBare(array[at] as number)) at++;
    return at < to ? at : -1;
  }

  #endValue(): void {
    this.#value = "none";
    this.#looked = 0;
    this.#discarding = false;
  }

  #tooLong(input: ByteBuf, looked: number): SluiceError {
    const limit = this.#maxLength;
    const error = this.frameError("FRAME_TOO_LONG", `an object is longer than ${limit} bytes`, limit + 1, { limit });
    input.skipBytes(looked);
    this.#looked = 0;
    this.#discarding = true;
    return error;
  }

  #discard(input: ByteBuf): void {
    const end = this.#look(input, input.readerIndex, input.writerIndex);
    input.readerIndex = end < 0 ? input.writerIndex : end;
    if (end < 0) return;
    this.#endValue();
    // The byte that ended a bare value may be the first one here, and a call must do something.
    this.#findValue(input);
  }

  #misplaced(byte: number): SluiceError {
    const where = this.#place === "outside" ? "where an object or array should begin" : "in an array";
    return this.frameError("FRAME_CORRUPTED", `0x${byte.toString(16).padStart(2, "0")} is out of place ${where}`, 1);
  }
}

/** Where the next byte that is no white space lies; other than "outside" only while elements are streamed. */
type Place = "outside" | "array open" | "comma seen" | "value seen";

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** `{` and `[` differ in one bit, and so do `}` and `]`. */
function isOpening(byte: number): boolean {
  return (byte | 0x20) === 0x7b;
}

function isClosing(byte: number): boolean {
  return (byte | 0x20) === 0x7d;
}

/** Part of a number, `true`, `false` or `null`, or of something that means nothing and is not structure either. */
function isBare(byte: number): boolean {
  return !(isWhiteSpace(byte) || byte === COMMA || byte === QUOTE || isOpening(byte) || isClosing(byte));
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
