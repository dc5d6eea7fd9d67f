/**
 * Frames of JSON and the values they stand for.
 *
 * ```
 *   | {"id":1} |  ──▶  { id: 1 }
 *   | {"id":1} |  ◀──  { id: 1 }
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import type { MessageSink } from "./message-sink.js";
import { HEAD_ROOM } from "./message-to-byte-encoder.js";
import { MessageToMessageCodec } from "./message-to-message-codec.js";

export interface JsonCodecOptions {
  /** Passed to `JSON.parse`. */
  readonly reviver?: (this: unknown, key: string, value: unknown) => unknown;
  /** Passed to `JSON.stringify`. */
  readonly replacer?: (this: unknown, key: string, value: unknown) => unknown;
}

/**
 * Reads values of type `In` from frames, `ByteBuf` or string, and writes values of type `Out` as frames with head-room.
 *
 * The types are the caller's word: nothing checks that what arrives is an `In`. Put a frame decoder in front. `ByteBuf`s
 * that are written pass unchanged.
 *
 * Errors: INVALID_JSON (recoverable; `length`, `hex`) for a frame that is not JSON in UTF-8, which is dropped;
 * ENCODE_FAILED for a value that JSON cannot express, such as `undefined`, a function or a circular object.
 */
export class JsonCodec<In = unknown, Out = unknown> extends MessageToMessageCodec<ByteBuf | string, In, Out, ByteBuf> {
  readonly #options: JsonCodecOptions;

  constructor(options: JsonCodecOptions = NO_OPTIONS) {
    super();
    this.#options = options;
  }

  protected override acceptInboundMessage(message: unknown): boolean {
    return message instanceof ByteBuf || typeof message === "string";
  }

  protected override acceptOutboundMessage(message: unknown): boolean {
    return !(message instanceof ByteBuf);
  }

  protected override decode(_ctx: ChannelHandlerContext<In>, frame: ByteBuf | string, out: MessageSink<In>): void {
    let value: In;
    try {
      const text = typeof frame === "string" ? frame : utf8.decode(frame.asUint8Array());
      value = JSON.parse(text, this.#options.reviver) as In;
    } catch (cause) {
      throw invalidJson(frame, cause);
    }
    out.push(value);
  }

  protected override encode(_ctx: ChannelHandlerContext<In, ByteBuf>, value: Out, out: MessageSink<ByteBuf>): void {
    const text: string | undefined = JSON.stringify(value, this.#options.replacer);
    if (text === undefined) throw new TypeError(`JSON has no form for ${typeof value}`);
    out.push(ByteBuf.fromString(text, WITH_HEAD_ROOM));
  }
}

function invalidJson(frame: ByteBuf | string, cause: unknown): SluiceError {
  const bytes = typeof frame === "string" ? ByteBuf.from(frame) : frame;
  const detail = `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
  const hex = bytes.slice(bytes.readerIndex, Math.min(bytes.readableBytes, 16)).hexDump();
  return new SluiceError("INVALID_JSON", detail, { cause, length: bytes.readableBytes, hex });
}

const NO_OPTIONS: JsonCodecOptions = {};
const WITH_HEAD_ROOM = { headRoom: HEAD_ROOM };
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
