/**
 * Captures what one channel sends and receives as packets, for Wireshark or tshark.
 *
 * ```
 *   network ══ TLS, if any ══ [ PcapWriteHandler ══ framing ══ codec ══ application ]
 *                  plain bytes ▲
 * ```
 *
 * First in the pipeline it sees the bytes of the stream as the application means them: in Sluice TLS is below the
 * pipeline, so they are not encrypted. The packets are made up around them: IP and TCP headers with right
 * checksums and sequence numbers, a handshake when the channel becomes active, ends of stream and resets. How the system
 * has really cut, repeated and acknowledged them is not known up here.
 *
 * **When.** What arrives is captured before anybody sees it. What is written is captured when its write completes, so only
 * what the system has taken is in the capture, and not what failed. An answer therefore follows its question, unless the
 * peer answers a long write before all of it has been taken.
 *
 * **The end.** FIN of the end that closed first; FIN of the peer if its end of stream was seen; RST of the peer after
 * CONNECTION_RESET, and RST of ours if the channel was cut: by `closeForcibly`, a deadline, or any other failure.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import {
  type Channel,
  type ChannelHandlerContext,
  ChannelInputShutdownEvent,
  ChannelOutputShutdownEvent,
  type Completion,
  DatagramPacket,
  PassThroughHandler,
  ServerChannel,
  type SocketAddress,
} from "@sluice/core";
import { CapturedWrite } from "./captured-write.js";
import type { PcapCapture } from "./pcap-capture.js";
import { PcapRecorder } from "./pcap-recorder.js";

export interface PcapWriteHandlerOptions {
  readonly capture: PcapCapture;
  /**
   * What the packets are. A `DatagramPacket` becomes UDP in any case.
   * @default "udp" where the transport carries datagrams, "tcp" for all others
   */
  readonly protocol?: "tcp" | "udp";
  /** Shown instead of the channel's address. A channel without an IP address gets one of 192.0.2.0/24. */
  readonly localAddress?: SocketAddress;
  /** Shown instead of the peer's. */
  readonly remoteAddress?: SocketAddress;
  /** Whether the peer connected to us. @default whether a server accepted the channel */
  readonly isServer?: boolean;
}

/**
 * Add it first, with a {@link PcapCapture} that any number of channels may share.
 *
 * Costs each message a copy of its bytes, their checksum, and each write a small object; nothing once the capture has been
 * closed or stopped. It changes nothing of what passes and never fails: what the sink throws goes to the capture.
 * Added to a channel that is active already it begins with a handshake; taken out it ends without a FIN.
 *
 * @example
 * ```ts
 * const capture = new PcapCapture({ sink: fileSink("wire.pcapng"), onError: console.warn });
 * channel.pipeline.addFirst(new PcapWriteHandler({ capture }));
 * ```
 */
export class PcapWriteHandler extends PassThroughHandler {
  readonly #options: PcapWriteHandlerOptions;
  #recorder: PcapRecorder | undefined;
  #isResetByPeer = false;

  constructor(options: PcapWriteHandlerOptions) {
    super();
    this.#options = options;
  }

  /** @throws SluiceError `INVALID_ARGUMENT` in the pipeline of a server, whose messages are channels */
  override handlerAdded(ctx: ChannelHandlerContext): void {
    if (ctx.channel instanceof ServerChannel) {
      throw new SluiceError("INVALID_ARGUMENT", "a server's own pipeline has no bytes; capture in its childHandler");
    }
    if (ctx.channel.isActive) this.#begin(ctx.channel);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#recorder = undefined;
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#begin(ctx.channel);
    ctx.fireChannelActive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    if (this.#recorder !== undefined && this.#options.capture.isOpen) this.#received(this.#recorder, message);
    ctx.fireChannelRead(message);
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    const recorder = this.#recorder;
    if (recorder === undefined || !this.#options.capture.isOpen) ctx.write(message, completion);
    else ctx.write(message, new CapturedWrite(recorder, ctx.channel, message, completion));
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#recorder?.ended("remote");
    else if (event === ChannelOutputShutdownEvent) this.#recorder?.ended("local");
    ctx.fireUserEventTriggered(event);
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    this.#isResetByPeer ||= isReset(error);
    ctx.fireExceptionCaught(error);
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#end(ctx.channel);
    ctx.fireChannelInactive();
  }

  #begin(channel: Channel): void {
    if (this.#recorder !== undefined) return;
    const {
      capture,
      localAddress: local = channel.localAddress,
      remoteAddress: remote = channel.remoteAddress,
    } = this.#options;
    const isServer = this.#options.isServer ?? channel.parent !== undefined;
    const { end } = channel.engine;
    const carriesDatagrams = "carriesDatagrams" in end && end.carriesDatagrams;
    const protocol = this.#options.protocol ?? (carriesDatagrams ? "udp" : "tcp");
    this.#recorder = new PcapRecorder(channel, { capture, protocol, local, remote, isServer });
    this.#recorder.opened();
  }

  #received(recorder: PcapRecorder, message: unknown): void {
    const content = message instanceof DatagramPacket ? message.content : message;
    if (content instanceof ByteBuf) {
      const { array, arrayOffset, readerIndex, readableBytes } = content;
      recorder.passed("remote", message, array, arrayOffset + readerIndex, readableBytes);
    } else if (content instanceof Uint8Array) recorder.passed("remote", message, content, 0, content.length);
    else recorder.passed("remote", message, undefined, 0, 0);
  }

  #end(channel: Channel): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    if (this.#isResetByPeer || isReset(channel.closeCause)) return recorder.reset("remote");
    if (channel.engine.isCut) return recorder.reset("local");
    if (channel.engine.isInputShutdown) recorder.ended("remote");
    recorder.ended("local");
  }
}

function isReset(error: Error | undefined): boolean {
  return error instanceof SluiceError && error.code === "CONNECTION_RESET";
}
