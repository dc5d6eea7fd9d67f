/** Strings into bytes. */
import { ByteBuf, type TextEncoding } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { encodeFailure } from "./encode-failure.js";
import { HEAD_ROOM } from "./message-to-byte-encoder.js";

export interface StringEncoderOptions {
  /** @default "utf8" */
  readonly encoding?: TextEncoding;
}

/**
 * Writes each string as its bytes, with head-room for a length field; other messages pass unchanged. Sharable.
 *
 * Text that the encoding cannot write fails the write with ENCODE_FAILED.
 */
export class StringEncoder extends ChannelOutboundHandler<string, ByteBuf> {
  override readonly sharable = true;
  readonly #options: { readonly encoding: TextEncoding; readonly headRoom: number };

  constructor(options: StringEncoderOptions = {}) {
    super();
    this.#options = { encoding: options.encoding ?? "utf8", headRoom: HEAD_ROOM };
  }

  override write(
    ctx: ChannelHandlerContext<unknown, ByteBuf>,
    message: string,
    completion: Completion | undefined,
  ): void {
    if (typeof message !== "string") return ctx.write(message, completion);
    let bytes: ByteBuf;
    try {
      bytes = ByteBuf.fromString(message, this.#options);
    } catch (cause) {
      throw encodeFailure(this, cause);
    }
    ctx.write(bytes, completion);
  }
}
