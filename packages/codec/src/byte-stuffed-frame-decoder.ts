/**
 * What COBS and SLIP have in common: one byte ends a frame and occurs nowhere else, because the sender has replaced it.
 *
 * ```
 *                        end byte: unstuffed, a frame
 *   ┌─────────┐ ◀─────────────────────────────────────────────┐
 *   │ reading │ ──────────────────────────────────────────────┘
 *   └─────────┘ ◀──────────────────────── end byte ───────────┐
 *        │                                               ┌────────────┐
 *        └── more bytes than the longest frame takes ──▶ │ discarding │
 *            (FRAME_TOO_LONG)                            └────────────┘
 * ```
 */
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { Decoded } from "./decoded.js";
import type { DecoderOptions } from "./decoder-options.js";

export interface ByteStuffing extends DecoderOptions {
  readonly endByte: number;
  /** Bytes a frame may have. */
  readonly maxFrameLength: number;
  /** Bytes a frame of that length takes at most on the wire, its end byte not counted. */
  readonly maxStuffedLength: number;
}

/** Not exported by the package: `CobsFrameDecoder` and `SlipFrameDecoder` are. */
export abstract class ByteStuffedFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #endByte: number;
  readonly #maxFrameLength: number;
  readonly #maxStuffedLength: number;
  /** Bytes from `readerIndex` on that are known to hold no end byte. */
  #searched = 0;
  #discarding = false;

  constructor(stuffing: ByteStuffing) {
    const maxUnreadBytes = stuffing.maxStuffedLength;
    super({ ...stuffing, maxUnreadBytes, maxAccumulatedBytes: Number.MAX_SAFE_INTEGER });
    this.#endByte = stuffing.endByte;
    this.#maxFrameLength = stuffing.maxFrameLength;
    this.#maxStuffedLength = stuffing.maxStuffedLength;
  }

  /** What stood between two end bytes, at least one byte, as it was before it was stuffed; undefined if it never was. */
  protected abstract unstuff(stuffed: ByteBuf): ByteBuf | undefined;

  protected override get isSkipping(): boolean {
    return this.#discarding;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): Decoded<ByteBuf> {
    const start = input.readerIndex;
    const end = input.indexOf(this.#endByte, start + this.#searched, input.writerIndex);
    const length = (end < 0 ? input.writerIndex : end) - start;
    this.scanned(length - this.#searched + (end < 0 ? 0 : 1));
    this.#searched = 0;
    if (end >= 0 && !this.#discarding && length <= this.#maxStuffedLength) return this.#take(input, length);
    if (end < 0 && !this.#discarding && length <= this.#maxStuffedLength) {
      this.#searched = length;
      return;
    }
    const error = this.#discarding ? undefined : this.#tooLong(this.#maxStuffedLength + 1);
    this.#discarding = end < 0;
    input.readerIndex = start + length + (end < 0 ? 0 : 1);
    if (error !== undefined) throw error;
  }

  #take(input: ByteBuf, length: number): ByteBuf | undefined {
    // Senders put an end byte in front of a frame too, to end what noise may have begun.
    if (length === 0) {
      input.skipBytes(1);
      return undefined;
    }
    const frame = this.unstuff(input.slice(input.readerIndex, length));
    const error =
      frame === undefined
        ? this.frameError("FRAME_MALFORMED", `a frame of ${length} stuffed bytes breaks the rules`, length, { length })
        : frame.readableBytes > this.#maxFrameLength
          ? this.#tooLong(length)
          : undefined;
    input.skipBytes(length + 1);
    if (error !== undefined) throw error;
    return frame;
  }

  #tooLong(shown: number): SluiceError {
    const limit = this.#maxFrameLength;
    return this.frameError("FRAME_TOO_LONG", `a frame is longer than ${limit} bytes`, shown, { limit });
  }
}
