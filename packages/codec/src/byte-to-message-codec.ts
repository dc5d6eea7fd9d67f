/** A decoder and an encoder in one handler, for protocols whose two directions share state. */
import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandlerContext, Completion } from "@sluice/core";
import { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
import { encodeFailure } from "./encode-failure.js";
import { allocateFrame } from "./message-to-byte-encoder.js";

/**
 * A `ByteToMessageDecoder` for `In` that is a `MessageToByteEncoder` for `Out` as well; each half is described there.
 *
 * `In` is what is read, `Out` what may be written.
 */
export abstract class ByteToMessageCodec<In, Out> extends ByteToMessageDecoder<In> {
  declare readonly "~outbound": (message: Out) => ByteBuf;

  /** Appends the bytes of `message` to `out`, which grows. */
  protected abstract encode(ctx: ChannelHandlerContext<In, ByteBuf>, message: Out, out: ByteBuf): void;

  /**
   * Whether this encoder is for `message`.
   * @default everything but bytes
   */
  protected acceptOutboundMessage(message: unknown): boolean {
    return !(message instanceof ByteBuf);
  }

  /**
   * The buffer a message is encoded to.
   * @default as `MessageToByteEncoder`
   */
  protected allocate(_ctx: ChannelHandlerContext<In, ByteBuf>, _message: Out): ByteBuf {
    return allocateFrame(DEFAULT_CAPACITY);
  }

  write(ctx: ChannelHandlerContext<In, ByteBuf>, message: Out, completion: Completion | undefined): void {
    if (!this.acceptOutboundMessage(message)) return ctx.write(message as ByteBuf, completion);
    let out: ByteBuf;
    try {
      out = this.allocate(ctx, message);
      this.encode(ctx, message, out);
    } catch (cause) {
      throw encodeFailure(this, cause);
    }
    ctx.write(out, completion);
  }
}

const DEFAULT_CAPACITY = 256;
