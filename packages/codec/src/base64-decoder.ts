/**
 * Base64 text into the bytes it stands for.
 *
 * ```
 *   dialect = "standard"   | ++/+AA== |  ──▶  | fb ef fe 00 |
 *   dialect = "url"        | --_-AA   |  ──▶  | fb ef fe 00 |
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { type Base64Dialect, checkDialect } from "./base64-dialect.js";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";

export interface Base64DecoderOptions {
  /**
   * The alphabet that is read; a letter of the other one is an error.
   * @default "standard"
   */
  readonly dialect?: Base64Dialect;
}

/**
 * Reads each frame as Base64 (RFC 4648); other messages pass unchanged. Put a frame decoder in front: a group of four
 * letters that is torn between two buffers would be an error.
 *
 * White space is skipped, since mail and PEM break lines, and padding may be left out. Costs a few passes over the frame
 * and one buffer for the result.
 *
 * Errors: INVALID_TEXT (recoverable; `offset` in the frame, `length` of it, `hex` from the offset) for a frame with anything
 * else in it, or with a letter or a padding that is too much or missing; the frame is dropped.
 */
export class Base64Decoder extends MessageToMessageDecoder<ByteBuf, ByteBuf> {
  readonly #foreign: readonly number[];

  constructor(options: Base64DecoderOptions = {}) {
    super();
    this.#foreign = checkDialect(options.dialect ?? "standard") === "url" ? PLUS_SLASH : MINUS_UNDERLINE;
  }

  protected override acceptInboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, frame: ByteBuf, out: MessageSink<ByteBuf>): void {
    for (const letter of this.#foreign) {
      const at = frame.indexOf(letter);
      if (at >= 0) throw invalid(frame, at - frame.readerIndex, undefined);
    }
    let bytes: ByteBuf;
    try {
      bytes = ByteBuf.fromString(frame.toString("latin1"), { encoding: "base64" });
    } catch (cause) {
      throw invalid(frame, (cause as SluiceError).offset ?? 0, cause);
    }
    out.push(bytes);
  }
}

function invalid(frame: ByteBuf, offset: number, cause: unknown): SluiceError {
  const length = frame.readableBytes;
  const hex = frame.slice(frame.readerIndex + offset, Math.min(length - offset, 16)).hexDump();
  return new SluiceError("INVALID_TEXT", `not Base64 at byte ${offset} of a frame`, { cause, offset, length, hex });
}

const PLUS_SLASH = [0x2b, 0x2f];
const MINUS_UNDERLINE = [0x2d, 0x5f];
