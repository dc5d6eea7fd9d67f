/**
 * Strings into lines.
 *
 * ```
 *   "one" "two"  ──▶  | one\n | two\n |
 * ```
 */
import { ByteBuf, type TextEncoding } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { encodeFailure } from "./encode-failure.js";

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
export class LineEncoder extends ChannelOutboundHandler<string, ByteBuf> {
  override readonly sharable = true;
  readonly #separator: string;
  readonly #options: { readonly encoding: TextEncoding };

  constructor(options: LineEncoderOptions = {}) {
    super();
    this.#separator = options.separator ?? "\n";
    this.#options = { encoding: options.encoding ?? "utf8" };
  }

  override write(
    ctx: ChannelHandlerContext<unknown, ByteBuf>,
    message: string,
    completion: Completion | undefined,
  ): void {
    if (typeof message !== "string") return ctx.write(message, completion);
    let line: ByteBuf;
    try {
      line = ByteBuf.fromString(message + this.#separator, this.#options);
    } catch (cause) {
      throw encodeFailure(this, cause);
    }
    ctx.write(line, completion);
  }
}
