/**
 * Makes frames for a serial line (SLIP, RFC 1055).
 *
 * ```
 *   BEFORE               AFTER
 *   +----------+         +----+----------------+----+
 *   | 03 C0 DB | ──────▶ | C0 | 03 DB DC DB DD | C0 |
 *   +----------+         +----+----------------+----+
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { MessageToByteEncoder } from "./message-to-byte-encoder.js";
import { END, ESC, ESC_END, ESC_ESC } from "./slip-bytes.js";

export interface SlipFrameEncoderOptions {
  /**
   * Whether an END is sent in front of each frame as well, as RFC 1055 does: it ends what line noise may have begun, and
   * receivers see nothing in an empty frame.
   * @default true
   */
  readonly leadingEnd?: boolean;
}

/**
 * The counterpart of `SlipFrameDecoder`. Takes `ByteBuf`s; other messages pass unchanged. Sharable.
 *
 * Costs two passes and one copy. SLIP has no empty frames: writing an empty buffer fails with ENCODE_FAILED.
 */
export class SlipFrameEncoder extends MessageToByteEncoder<ByteBuf> {
  override readonly sharable = true;
  readonly #leadingEnd: boolean;

  constructor(options: SlipFrameEncoderOptions = {}) {
    super();
    this.#leadingEnd = options.leadingEnd ?? true;
  }

  protected override acceptOutboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  protected override allocate(_ctx: ChannelHandlerContext<unknown, ByteBuf>, message: ByteBuf): ByteBuf {
    if (!message.isReadable()) throw new Error("SLIP has no empty frames");
    const from = message.arrayOffset + message.readerIndex;
    const end = from + message.readableBytes;
    let length = message.readableBytes + (this.#leadingEnd ? 2 : 1);
    for (let at = from; at < end; at++) {
      const byte = message.array[at];
      if (byte === END || byte === ESC) length++;
    }
    return ByteBuf.alloc(length);
  }

  protected override encode(_ctx: ChannelHandlerContext<unknown, ByteBuf>, message: ByteBuf, out: ByteBuf): void {
    const source = message.array;
    const from = message.arrayOffset + message.readerIndex;
    const end = from + message.readableBytes;
    const target = out.array;
    let to = out.arrayOffset;
    if (this.#leadingEnd) target[to++] = END;
    for (let at = from; at < end; at++) {
      const byte = source[at] as number;
      const isReplaced = byte === END || byte === ESC;
      if (isReplaced) target[to++] = ESC;
      target[to++] = isReplaced ? (byte === END ? ESC_END : ESC_ESC) : byte;
    }
    target[to++] = END;
    out.writerIndex = to - out.arrayOffset;
    message.readerIndex = message.writerIndex;
  }
}
