/**
 * Bytes into Base64 text.
 *
 * ```
 *   dialect = "standard"   | fb ef fe 00 |  ──▶  | ++/+AA== |
 *   dialect = "url"        | fb ef fe 00 |  ──▶  | --_-AA   |
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { type Base64Dialect, checkDialect } from "./base64-dialect.js";
import type { MessageSink } from "./message-sink.js";
import { HEAD_ROOM } from "./message-to-byte-encoder.js";
import { MessageToMessageEncoder } from "./message-to-message-encoder.js";

export interface Base64EncoderOptions {
  /**
   * The alphabet that is written.
   * @default "standard"
   */
  readonly dialect?: Base64Dialect;
}

/**
 * Writes each `ByteBuf` as Base64 (RFC 4648), in one line, with head-room for a length field; other messages pass
 * unchanged. Sharable.
 */
export class Base64Encoder extends MessageToMessageEncoder<ByteBuf, ByteBuf> {
  override readonly sharable = true;
  readonly #encoding: "base64" | "base64url";

  constructor(options: Base64EncoderOptions = {}) {
    super();
    this.#encoding = checkDialect(options.dialect ?? "standard") === "url" ? "base64url" : "base64";
  }

  protected override acceptOutboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  protected override encode(
    _ctx: ChannelHandlerContext<unknown, ByteBuf>,
    message: ByteBuf,
    out: MessageSink<ByteBuf>,
  ): void {
    out.push(ByteBuf.fromString(message.toString(this.#encoding), { headRoom: HEAD_ROOM }));
  }
}
