/** Strings into bytes. */
import type { ByteBuf, TextEncoding } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { allocateFrame, MessageToByteEncoder } from "./message-to-byte-encoder.js";

export interface StringEncoderOptions {
  /** @default "utf8" */
  readonly encoding?: TextEncoding;
}

/**
 * Writes each string as its bytes, with head-room for a length field; other messages pass unchanged. Sharable.
 *
 * Text that the encoding cannot write fails the write with ENCODE_FAILED.
 */
export class StringEncoder extends MessageToByteEncoder<string> {
  override readonly sharable = true;
  readonly #encoding: TextEncoding;

  constructor(options: StringEncoderOptions = {}) {
    super();
    this.#encoding = options.encoding ?? "utf8";
  }

  protected override acceptOutboundMessage(message: unknown): boolean {
    return typeof message === "string";
  }

  protected override allocate(_ctx: ChannelHandlerContext<unknown, ByteBuf>, text: string): ByteBuf {
    return allocateFrame(text.length);
  }

  protected override encode(_ctx: ChannelHandlerContext<unknown, ByteBuf>, text: string, out: ByteBuf): void {
    out.writeString(text, this.#encoding);
  }
}
