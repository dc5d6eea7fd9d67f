/** The decoder that docs/framing.md writes from scratch. */

import { type ByteBuf, ByteToMessageDecoder, type ChannelHandlerContext, type MessageSink } from "sluice";

/** Netstrings: `5:hello,`. */
export class NetstringDecoder extends ByteToMessageDecoder<ByteBuf> {
  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf, out: MessageSink<ByteBuf>): void {
    const start = input.readerIndex;
    const colon = input.indexOf(COLON, start, Math.min(start + MOST_DIGITS + 1, input.writerIndex));
    const isTorn = colon < 0 && input.readableBytes <= MOST_DIGITS;
    if (isTorn) return;
    const digits = colon < 0 ? "" : input.slice(start, colon - start).toString();
    if (!/^\d+$/.test(digits)) throw this.frameError("FRAME_CORRUPTED", "a netstring begins with its length", 1);

    const end = colon + 1 + Number(digits);
    if (input.writerIndex <= end) return this.need(end + 1 - start);
    if (input.getUint8(end) !== COMMA) throw this.frameError("FRAME_CORRUPTED", "a netstring ends with a comma", 1);
    out.push(input.slice(colon + 1, end - colon - 1));
    input.readerIndex = end + 1;
  }
}

const COLON = 0x3a;
const COMMA = 0x2c;
const MOST_DIGITS = 5;
