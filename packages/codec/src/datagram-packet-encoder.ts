/**
 * Applies an encoder to the content of datagrams.
 *
 * ```
 *   DatagramPacket { { id: 1 }, to B }  ──▶  DatagramPacket { | {"id":1} |, to B }
 * ```
 */
import type { ByteBuf } from "@sluice/buffer";
import {
  type ChannelHandler,
  type ChannelHandlerContext,
  ChannelOutboundHandler,
  type Completion,
  DatagramPacket,
} from "@sluice/core";
import { PacketContentContext } from "./packet-content-context.js";

/** A handler that makes bytes of a `T`, such as `StringEncoder`, `JsonCodec` or another encoder. */
export type PacketContentEncoder<T> = ChannelHandler & { readonly "~outbound": (message: T) => ByteBuf };

/**
 * Makes each packet a packet of the bytes that `inner` makes of its content; the addresses stay. Other messages pass
 * unchanged.
 *
 * `inner` is not in the pipeline: beside messages it hears of its being added and removed. When it writes several buffers
 * for one content, each is a packet of its own. A content it cannot encode fails the write as it does in the pipeline.
 */
export class DatagramPacketEncoder<T> extends ChannelOutboundHandler<DatagramPacket<T>, DatagramPacket<ByteBuf>> {
  readonly #inner: ChannelHandler;
  #content: PacketContentContext | undefined = undefined;

  constructor(inner: PacketContentEncoder<T>) {
    super();
    this.#inner = inner;
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    this.#content = new PacketContentContext(ctx, this.#inner);
    this.#inner.handlerAdded?.(this.#content);
  }

  override handlerRemoved(): void {
    if (this.#content !== undefined) this.#inner.handlerRemoved?.(this.#content);
  }

  override write(
    ctx: ChannelHandlerContext<unknown, DatagramPacket<ByteBuf>>,
    message: DatagramPacket<T>,
    completion: Completion | undefined,
  ): void {
    const content = this.#content;
    if (!(message instanceof DatagramPacket) || content === undefined || this.#inner.write === undefined) {
      return ctx.write(message as unknown as DatagramPacket<ByteBuf>, completion);
    }
    const interrupted = content.exchange(message);
    try {
      this.#inner.write(content, message.content, completion);
    } finally {
      content.exchange(interrupted);
    }
  }
}
