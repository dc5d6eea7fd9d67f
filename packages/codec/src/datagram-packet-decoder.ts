/**
 * Applies a message decoder to the content of datagrams.
 *
 * ```
 *   DatagramPacket { | {"id":1} |, from A, to B }  ──▶  DatagramPacket { { id: 1 }, from A, to B }
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import { type ChannelHandler, type ChannelHandlerContext, ChannelInboundHandler, DatagramPacket } from "@sluice/core";
import { PacketContentContext } from "./packet-content-context.js";

/** A handler that makes a `T` of bytes, such as `JsonCodec` or another `MessageToMessageDecoder`. */
export type PacketContentDecoder<T> = ChannelHandler & { readonly "~inbound": (message: ByteBuf) => T };

/**
 * Makes each packet of bytes a packet of what `inner` makes of them; the addresses stay. Other messages pass unchanged.
 *
 * A datagram is a whole message already: no frame decoder is needed, and `inner` has to take each buffer for complete
 * (`new StringDecoder({ framed: true })`). It is not in the pipeline: beside messages it hears of the end of a read burst
 * and of its being added and removed. Each message it passes on travels in a packet of its own; errors are its own.
 *
 * @example
 * ```ts
 * pipeline.addLast(new DatagramPacketDecoder(new JsonCodec<Query>()));
 * ```
 */
export class DatagramPacketDecoder<T> extends ChannelInboundHandler<DatagramPacket<ByteBuf>, DatagramPacket<T>> {
  readonly #inner: ChannelHandler;
  #content: PacketContentContext | undefined = undefined;

  constructor(inner: PacketContentDecoder<T>) {
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

  override channelRead(ctx: ChannelHandlerContext<DatagramPacket<T>>, message: DatagramPacket<ByteBuf>): void {
    const content = this.#content;
    const isForInner = message instanceof DatagramPacket && message.content instanceof ByteBuf;
    if (!isForInner || content === undefined || this.#inner.channelRead === undefined) {
      return ctx.fireChannelRead(message as unknown as DatagramPacket<T>);
    }
    const interrupted = content.exchange(message);
    try {
      this.#inner.channelRead(content, message.content);
    } finally {
      content.exchange(interrupted);
    }
  }

  override channelReadComplete(ctx: ChannelHandlerContext<DatagramPacket<T>>): void {
    const content = this.#content;
    if (content === undefined || this.#inner.channelReadComplete === undefined) ctx.fireChannelReadComplete();
    else this.#inner.channelReadComplete(content);
  }
}
