/**
 * Messages in, bytes out: the base of encoders.
 *
 * ```
 *   write(message) ──▶ allocate ──▶ encode ──▶ write(bytes)
 *                                              +-----------+-------+------+
 *                                              | head-room | bytes | free |
 *                                              +-----------+-------+------+
 *                                     a LengthFieldPrepender writes here, without another buffer
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { encodeFailure } from "./encode-failure.js";

/**
 * Base of encoders whose output is bytes.
 *
 * Messages that `acceptOutboundMessage` refuses pass unchanged. An error thrown by `encode` fails the write with
 * ENCODE_FAILED, the error as its cause; nothing of the message is sent. No output is an empty buffer, which is still
 * written, so that the write completes.
 *
 * @example
 * ```ts
 * class Uint32Encoder extends MessageToByteEncoder<number> {
 *   protected encode(_ctx: ChannelHandlerContext, value: number, out: ByteBuf) {
 *     out.writeUint32(value);
 *   }
 * }
 * ```
 */
export abstract class MessageToByteEncoder<In> extends ChannelOutboundHandler<In, ByteBuf> {
  /** Appends the bytes of `message` to `out`, which grows. */
  protected abstract encode(ctx: ChannelHandlerContext<unknown, ByteBuf>, message: In, out: ByteBuf): void;

  /**
   * Whether this encoder is for `message`.
   * @default everything but bytes
   */
  protected acceptOutboundMessage(message: unknown): boolean {
    return !(message instanceof ByteBuf);
  }

  /**
   * The buffer a message is encoded to. Override it when the size is known.
   * @default 256 bytes behind {@link HEAD_ROOM}, growing to {@link MAX_ENCODED_LENGTH}
   */
  protected allocate(_ctx: ChannelHandlerContext<unknown, ByteBuf>, _message: In): ByteBuf {
    return allocateFrame(DEFAULT_CAPACITY);
  }

  override write(ctx: ChannelHandlerContext<unknown, ByteBuf>, message: In, completion: Completion | undefined): void {
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

/** A buffer that grows from `length` bytes and has head-room for the length fields of two layers. */
export function allocateFrame(length: number): ByteBuf {
  return ByteBuf.alloc(length, { headRoom: HEAD_ROOM, maxCapacity: HEAD_ROOM + Math.max(length, MAX_ENCODED_LENGTH) });
}

const DEFAULT_CAPACITY = 256;
/** Bytes encoders leave free in front of what they encode. */
export const HEAD_ROOM = 16;
/** Bytes one message may become unless `allocate` says otherwise: what a channel's outbound queue takes at most. */
export const MAX_ENCODED_LENGTH = 16 * 1024 * 1024;
