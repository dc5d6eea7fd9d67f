/**
 * Bytes into strings.
 *
 * ```
 *   one text in pieces     | 68 c3 | a9 21 |  ──▶  "h" "é!"      (c3 waits for the rest of its character)
 *   each frame a text      | 68 c3 | a9 21 |  ──▶  "h\ufffd" "\ufffd!"
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInputShutdownEvent, StreamTakeoverEvent } from "@sluice/core";
import { ByteToMessageCodec } from "./byte-to-message-codec.js";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";

export interface StringDecoderOptions {
  /** @default "utf8" */
  readonly encoding?: "utf8" | "utf16le" | "latin1" | "ascii";
  /**
   * Whether each buffer is a whole text. Otherwise the buffers are pieces of one text, and a character that is torn
   * between two of them is put together and delivered with the second.
   *
   * Valid text in whole frames comes out the same either way. With `true` invalid text stays in its own frame.
   * @default whether a frame decoder stands in front when this handler is added
   */
  readonly framed?: boolean;
  /**
   * Whether text that is not valid is INVALID_TEXT (recoverable) instead of U+FFFD. For framed text.
   * @default false
   */
  readonly strict?: boolean;
}

/**
 * Makes a string of each `ByteBuf`; other messages pass unchanged.
 *
 * A buffer that holds nothing but a part of a character produces no string. A character that is incomplete at the end of
 * the stream is INVALID_TEXT; when the decoder is taken out, its bytes are passed on.
 */
export class StringDecoder extends MessageToMessageDecoder<ByteBuf, string> {
  readonly #encoding: "utf8" | "utf16le" | "latin1" | "ascii";
  #framed: boolean | undefined;
  readonly #strictDecoder: TextDecoder | undefined;
  readonly #strict: boolean;
  /** The beginning of a character; at most three bytes. */
  #torn: ByteBuf = ByteBuf.EMPTY;

  constructor(options: StringDecoderOptions = {}) {
    super();
    this.#encoding = options.encoding ?? "utf8";
    this.#strict = options.strict ?? false;
    this.#framed = options.framed ?? (this.#strict || undefined);
    if (this.#strict && !this.#framed) throw new SluiceError("INVALID_ARGUMENT", "strict is for framed text only");
    const label = this.#encoding === "utf8" ? "utf-8" : this.#encoding === "utf16le" ? "utf-16le" : undefined;
    this.#strictDecoder =
      this.#strict && label !== undefined ? new TextDecoder(label, { fatal: true, ignoreBOM: true }) : undefined;
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#framed ??= hasFramerBefore(ctx);
  }

  protected override acceptInboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  protected override decode(_ctx: ChannelHandlerContext<string>, bytes: ByteBuf, out: MessageSink<string>): void {
    if (this.#framed) out.push(this.#text(bytes));
    else this.#decodePiece(bytes, out);
  }

  override userEventTriggered(ctx: ChannelHandlerContext<string>, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#endText(ctx);
    else if (event instanceof StreamTakeoverEvent && this.#torn.isReadable()) event.interrupt();
    ctx.fireUserEventTriggered(event);
  }

  override channelInactive(ctx: ChannelHandlerContext<string>): void {
    this.#endText(ctx);
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext<string>): void {
    const torn = this.#torn;
    this.#torn = ByteBuf.EMPTY;
    if (!torn.isReadable()) return;
    ctx.fireChannelRead(torn as unknown as string);
    ctx.fireChannelReadComplete();
  }

  #decodePiece(bytes: ByteBuf, out: MessageSink<string>): void {
    const piece = this.#torn.isReadable() ? ByteBuf.concat([this.#torn, bytes]) : bytes;
    const tornLength =
      this.#encoding === "utf8" ? tornUtf8(piece) : this.#encoding === "utf16le" ? tornUtf16(piece) : 0;
    const whole = piece.readableBytes - tornLength;
    // A copy: three bytes should not keep a chunk alive.
    this.#torn = tornLength === 0 ? ByteBuf.EMPTY : piece.slice(piece.readerIndex + whole, tornLength).copy();
    if (whole > 0 || tornLength === 0) out.push(piece.slice(piece.readerIndex, whole).toString(this.#encoding));
  }

  #text(bytes: ByteBuf): string {
    if (!this.#strict) return bytes.toString(this.#encoding);
    try {
      const text = this.#strictDecoder?.decode(bytes.asUint8Array()) ?? bytes.toString(this.#encoding);
      if (this.#encoding !== "ascii" || !text.includes("\ufffd")) return text;
    } catch (cause) {
      throw this.#invalid(bytes, { cause });
    }
    throw this.#invalid(bytes, {});
  }

  #endText(ctx: ChannelHandlerContext<string>): void {
    const torn = this.#torn;
    this.#torn = ByteBuf.EMPTY;
    if (torn.isReadable()) ctx.fireExceptionCaught(this.#invalid(torn, {}));
  }

  #invalid(bytes: ByteBuf, fields: { readonly cause?: unknown }): SluiceError {
    const hex = bytes.slice(bytes.readerIndex, Math.min(bytes.readableBytes, 16)).hexDump();
    const detail = `${bytes.readableBytes} byte(s) are not valid ${this.#encoding}`;
    return new SluiceError("INVALID_TEXT", detail, { ...fields, length: bytes.readableBytes, hex });
  }
}

function hasFramerBefore(ctx: ChannelHandlerContext): boolean {
  for (const name of ctx.pipeline.names()) {
    if (name === ctx.name) break;
    const handler = ctx.pipeline.get(name);
    if (handler instanceof ByteToMessageDecoder || handler instanceof ByteToMessageCodec) return true;
  }
  return false;
}

/**
 * Bytes at the end that begin a character of which more bytes are to come. Cutting in front of a lead byte never changes
 * what the bytes before it mean, valid or not.
 */
function tornUtf8(bytes: ByteBuf): number {
  const end = bytes.writerIndex;
  for (let n = 1; n <= 3 && n <= bytes.readableBytes; n++) {
    const byte = bytes.getUint8(end - n);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1;
    return length > n ? n : 0;
  }
  return 0;
}

/** As above: an odd byte, the first half of a pair of surrogates, or both. */
function tornUtf16(bytes: ByteBuf): number {
  const odd = bytes.readableBytes & 1;
  const last = bytes.writerIndex - odd - 2;
  const isHighSurrogate = last >= bytes.readerIndex && (bytes.getUint8(last + 1) & 0xfc) === 0xd8;
  return isHighSurrogate ? odd + 2 : odd;
}
