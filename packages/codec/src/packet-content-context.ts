/**
 * The context of a handler that works on the contents of packets: what it passes on is put back into the packet.
 *
 * ```
 *   packet ──▶ DatagramPacketDecoder ──────────────────────────────▶ packet
 *                   │ content                              ▲
 *                   └──▶ inner.channelRead ── fireChannelRead
 * ```
 */
import { type ChannelHandler, ChannelHandlerContext, type Completion, type DatagramPacket } from "@sluice/core";

/** Not exported by the package. Everything but messages goes the way of the handler that holds `inner`. */
export class PacketContentContext extends ChannelHandlerContext {
  readonly #outer: ChannelHandlerContext;
  #packet: DatagramPacket<unknown> | undefined = undefined;

  constructor(outer: ChannelHandlerContext, inner: ChannelHandler) {
    super(outer.pipeline, inner, outer.name);
    this.#outer = outer;
  }

  /** The packet whose content is being handled now; returns the one before, which handling it may have interrupted. */
  exchange(packet: DatagramPacket<unknown> | undefined): DatagramPacket<unknown> | undefined {
    const before = this.#packet;
    this.#packet = packet;
    return before;
  }

  override get isRemoved(): boolean {
    return this.#outer.isRemoved;
  }

  override fireChannelRead(message: unknown): void {
    this.#outer.fireChannelRead(this.#wrapped(message));
  }

  override write(message: unknown, completion?: Completion): void {
    this.#outer.write(this.#wrapped(message), completion);
  }

  override writeAndFlush(message: unknown, completion?: Completion): void {
    this.#outer.writeAndFlush(this.#wrapped(message), completion);
  }

  override fireChannelActive(): void {
    this.#outer.fireChannelActive();
  }

  override fireChannelReadComplete(): void {
    this.#outer.fireChannelReadComplete();
  }

  override fireChannelWritabilityChanged(): void {
    this.#outer.fireChannelWritabilityChanged();
  }

  override fireUserEventTriggered(event: unknown): void {
    this.#outer.fireUserEventTriggered(event);
  }

  override fireExceptionCaught(error: Error): void {
    this.#outer.fireExceptionCaught(error);
  }

  override fireChannelInactive(): void {
    this.#outer.fireChannelInactive();
  }

  override read(): void {
    this.#outer.read();
  }

  override flush(): void {
    this.#outer.flush();
  }

  override disconnect(completion?: Completion): void {
    this.#outer.disconnect(completion);
  }

  override shutdownOutput(completion?: Completion): void {
    this.#outer.shutdownOutput(completion);
  }

  override close(completion?: Completion): void {
    this.#outer.close(completion);
  }

  #wrapped(message: unknown): unknown {
    return this.#packet === undefined ? message : this.#packet.withContent(message);
  }
}
