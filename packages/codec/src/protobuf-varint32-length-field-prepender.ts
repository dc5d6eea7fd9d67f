/**
 * Puts the length of a message in front of it, as a protobuf varint.
 *
 * ```
 *   BEFORE ENCODE (300 bytes)       AFTER ENCODE (302 bytes)
 *   +--------------------+          +--------+--------------------+
 *   | message, 300 bytes | ───────▶ | 0xAC02 | message, 300 bytes |
 *   +--------------------+          +--------+--------------------+
 * ```
 */
import type { ByteBuf } from "@sluice/buffer";
import { HeaderPrepender } from "./header-prepender.js";

/**
 * The counterpart of `ProtobufVarint32FrameDecoder`. Takes `ByteBuf`s; other messages pass unchanged. Sharable.
 *
 * Writes the shortest form, one to five bytes: into the head-room of a buffer that has some, in front of a copy of a short
 * one, or as a small buffer of its own before a long one.
 */
export class ProtobufVarint32LengthFieldPrepender extends HeaderPrepender {
  override readonly sharable = true;

  protected override headerLength(bodyLength: number): number {
    let length = 1;
    for (let rest = bodyLength >>> 7; rest > 0; rest >>>= 7) length++;
    return length;
  }

  protected override setHeader(buf: ByteBuf, index: number, bodyLength: number): void {
    let rest = bodyLength;
    for (; rest > 0x7f; rest >>>= 7) buf.setUint8(index++, (rest & 0x7f) | 0x80);
    buf.setUint8(index, rest);
  }
}
