/**
 * Makes one message of all the bytes until the peer ends its stream.
 *
 * ```
 *   BEFORE                        AFTER
 *   +-----+----+-----+            +------------+
 *   | all | up | to  |  end  ───▶ | all up to  |
 *   +-----+----+-----+            +------------+
 *
 *   +-----+----+
 *   | all | up |  reset, or closed by us  ───▶  no message, FRAME_TRUNCATED
 *   +-----+----+
 * ```
 */
import type { ByteBuf } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInputShutdownEvent } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import type { DecoderOptions } from "./decoder-options.js";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";
import type { MessageSink } from "./message-sink.js";

export interface CloseDelimitedFrameDecoderOptions extends DecoderOptions {
  /**
   * Bytes the message may have.
   * @default 1 MiB
   */
  readonly maxFrameLength?: number;
}

/**
 * A message that ends where the connection does, as the body of an HTTP response without a length (RFC 9112, 6.3). There
 * is one for each stream, and it is empty if nothing came.
 *
 * Only an end that the peer sent is one. When the connection breaks, or is closed on this side before the peer's end has
 * arrived, what came so far may be a part of the message, and there is no telling: none is delivered.
 *
 * The message comes before `channelInactive`, or with `ALLOW_HALF_CLOSURE` before the `ChannelInputShutdownEvent`; set
 * that to answer it. Bytes are copied as they come, and each about twice.
 *
 * Errors: FRAME_TRUNCATED (`offset`, `length`) when some bytes came and no orderly end, behind the error that broke the
 * connection; FRAME_TOO_LONG (recoverable; `offset`, `limit`) once, as soon as the limit has been passed: what follows is
 * dropped, and there is no message. The constructor throws INVALID_ARGUMENT.
 */
export class CloseDelimitedFrameDecoder extends ByteToMessageDecoder<ByteBuf> {
  readonly #maxFrameLength: number;
  #discarding = false;
  #toldOfEnd = false;

  constructor(options: CloseDelimitedFrameDecoderOptions = {}) {
    const maxFrameLength = checkBytes("maxFrameLength", options.maxFrameLength ?? DEFAULT_MAX_LENGTH, 1);
    super({ ...options, maxAccumulatedBytes: Math.min(maxFrameLength + 1, Number.MAX_SAFE_INTEGER) });
    this.#maxFrameLength = maxFrameLength;
  }

  override userEventTriggered(ctx: ChannelHandlerContext<ByteBuf>, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#toldOfEnd = true;
    super.userEventTriggered(ctx, event);
  }

  protected override get isSkipping(): boolean {
    return this.#discarding;
  }

  protected override decode(_ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf): void {
    const limit = this.#maxFrameLength;
    if (!this.#discarding && input.readableBytes <= limit) return;
    const error = this.#discarding
      ? undefined
      : this.frameError("FRAME_TOO_LONG", `a message is longer than ${limit} bytes`, limit + 1, { limit });
    this.#discarding = true;
    input.skipBytes(input.readableBytes);
    if (error !== undefined) throw error;
  }

  protected override decodeLast(ctx: ChannelHandlerContext<ByteBuf>, input: ByteBuf, out: MessageSink<ByteBuf>): void {
    const peerEnded = this.#toldOfEnd || ctx.channel.engine.isInputShutdown;
    // What is left unread is reported by the base.
    if (peerEnded && !this.#discarding) out.push(input.readSlice(input.readableBytes));
  }
}
