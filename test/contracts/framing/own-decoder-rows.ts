/**
 * What users derive from `ByteToMessageDecoder`, which then keeps their bytes without being told how many are needed.
 *
 * ```
 *   3abc   a frame of three bytes     *   two messages at once     !   wrong, can be skipped     ?   throws what it should not
 * ```
 */

import fc from "fast-check";
import {
  type ByteBuf,
  ByteToMessageCodec,
  ByteToMessageDecoder,
  type ChannelHandlerContext,
  type MessageSink,
  SluiceError,
} from "sluice";
import { decoderRow, utf8 } from "./decoder-row.js";

const options = fc.record({ maxAccumulatedBytes: fc.integer({ min: 2, max: 10 }), closeOnFatalError: fc.boolean() });
type Options = { readonly maxAccumulatedBytes: number };
const mayHold = ({ maxAccumulatedBytes }: Options) => maxAccumulatedBytes;
const piece = fc.oneof(fc.constantFrom("*", "!"), fc.nat(9));
const alphabet = utf8("0123456789*!?*!ab");

function part({ maxAccumulatedBytes }: Options, piece: string | number) {
  if (piece === "*") return { bytes: utf8("*"), gives: [{ message: "*" }, { message: "*" }] };
  if (piece === "!") return { bytes: utf8("!"), gives: [{ error: "FRAME_MALFORMED" } as const] };
  // Longer ones could not be decoded with what may be kept.
  const content = "x".repeat(Math.min(piece as number, maxAccumulatedBytes - 1));
  return { bytes: utf8(content.length + content), gives: [{ message: content }] };
}

export const ownDecoder = decoderRow({
  name: "ByteToMessageDecoder",
  options,
  make: (options) => [new Notation(options)],
  mayHold,
  piece,
  part,
  alphabet,
});

export const ownCodec = decoderRow({
  name: "ByteToMessageCodec",
  options,
  make: (options) => [new NotationCodec(options)],
  mayHold,
  piece,
  part,
  alphabet,
});

class Notation extends ByteToMessageDecoder<string> {
  protected override decode(_ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<string>): void {
    decode(input, out);
  }
}

class NotationCodec extends ByteToMessageCodec<string, string> {
  protected override decode(_ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<string>): void {
    decode(input, out);
  }

  protected override encode(_ctx: ChannelHandlerContext, message: string, out: ByteBuf): void {
    out.writeString(`${message.length}${message}`);
  }
}

function decode(input: ByteBuf, out: MessageSink<string>): void {
  const letter = String.fromCharCode(input.getUint8(input.readerIndex));
  if (letter >= "0" && letter <= "9") {
    const length = Number(letter);
    if (input.readableBytes <= length) return;
    input.skipBytes(1);
    return out.push(input.readString(length));
  }
  input.skipBytes(1);
  if (letter === "!") throw new SluiceError("FRAME_MALFORMED", "!");
  if (letter === "?") throw new RangeError("?");
  out.push(letter);
  if (letter === "*") out.push(letter);
}
