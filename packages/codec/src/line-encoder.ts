/**
 * Strings into lines.
 *
 * ```
 *   "one" "two"  ──▶  | one\n | two\n |
 * ```
 */
import type { ByteBuf, TextEncoding } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { allocateFrame, MessageToByteEncoder } from "./message-to-byte-encoder.js";

export interface LineEncoderOptions {
  /**
   * Written after each string.
   * @default "\n"
   */
  readonly separator?: string;
  /** @default "utf8" */
  readonly encoding?: TextEncoding;
}

/**
 * Writes each string as a line; other messages pass unchanged. Sharable.
 *
 * A string that has line ends in it becomes several lines: look for them in text from outside. Text that the encoding
 * cannot write fails the write with ENCODE_FAILED.
 */
export class LineEncoder extends MessageToByteEncoder<string> {
  override readonly sharable = true;
  readonly #separator: string;
  readonly #encoding: TextEncoding;

  constructor(options: LineEncoderOptions = {}) {
    super();
    this.#separator = options.separator ?? "\n";
    this.#encoding = options.encoding ?? "utf8";
  }

  protected override acceptOutboundMessage(message: unknown): boolean {
    return typeof message === "string";
  }

  protected override allocate(_ctx: ChannelHandlerContext<unknown, ByteBuf>, line: string): ByteBuf {
    return allocateFrame(line.length + this.#separator.length);
  }

  protected override encode(_ctx: ChannelHandlerContext<unknown, ByteBuf>, line: string, out: ByteBuf): void {
    out.writeString(line, this.#encoding);
    out.writeString(this.#separator, this.#encoding);
  }
}
