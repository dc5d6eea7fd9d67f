/**
 * Makes frames by consistent overhead byte stuffing (COBS).
 *
 * ```
 *   BEFORE                 AFTER
 *   +-------------+        +----------------------+
 *   | 11 22 00 33 | ─────▶ | 03 11 22  02 33 | 00 |
 *   +-------------+        +----------------------+
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { MessageToByteEncoder } from "./message-to-byte-encoder.js";

/**
 * The counterpart of `CobsFrameDecoder`. Takes `ByteBuf`s, empty ones too; other messages pass unchanged. Sharable.
 *
 * Costs one pass and one copy, and two bytes a frame and one more for each 254.
 */
export class CobsFrameEncoder extends MessageToByteEncoder<ByteBuf> {
  override readonly sharable = true;

  protected override acceptOutboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  protected override allocate(_ctx: ChannelHandlerContext<unknown, ByteBuf>, message: ByteBuf): ByteBuf {
    const length = message.readableBytes;
    return ByteBuf.alloc(length + Math.ceil(length / LONGEST_BLOCK) + 2);
  }

  protected override encode(_ctx: ChannelHandlerContext<unknown, ByteBuf>, message: ByteBuf, out: ByteBuf): void {
    const source = message.array;
    const from = message.arrayOffset + message.readerIndex;
    const end = from + message.readableBytes;
    const target = out.array;
    let header = out.arrayOffset;
    let to = header + 1;
    for (let at = from; at < end; at++) {
      const byte = source[at] as number;
      if (byte !== 0) target[to++] = byte;
      const isFull = to - header > LONGEST_BLOCK && at + 1 < end;
      if (byte !== 0 && !isFull) continue;
      target[header] = to - header;
      header = to++;
    }
    target[header] = to - header;
    target[to++] = 0;
    out.writerIndex = to - out.arrayOffset;
    message.readerIndex = message.writerIndex;
  }
}

/** The longest run of bytes behind one header. */
const LONGEST_BLOCK = 254;
