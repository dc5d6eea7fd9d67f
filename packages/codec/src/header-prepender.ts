/**
 * What all encoders do that put a header in front of bytes.
 *
 * ```
 *   head-room     | free |hdr| body …   written in place, nothing is copied
 *   relayed       | hdr | body |        sent on as it was received, header and all
 *   short body    | hdr | body |        copied behind the header
 *   long body     | hdr | + | body … |  two buffers, one write
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelOutboundHandler, type Completion } from "@sluice/core";
import { CompletionGroup } from "./completion-group.js";

/** Not exported by the package. Takes `ByteBuf`s; other messages pass unchanged. */
export abstract class HeaderPrepender extends ChannelOutboundHandler<ByteBuf, ByteBuf> {
  /** Bytes of the header of a body of `bodyLength` bytes. Throws when there can be none. */
  protected abstract headerLength(bodyLength: number): number;

  /** Writes the header to `index`, where there is room for it. */
  protected abstract setHeader(buf: ByteBuf, index: number, bodyLength: number): void;

  /** Whether `frame`, whose last `bodyLength` bytes are the body, begins with just the header the body would get. */
  protected hasHeader(_frame: ByteBuf, _bodyLength: number): boolean {
    return false;
  }

  override write(
    ctx: ChannelHandlerContext<unknown, ByteBuf>,
    message: ByteBuf,
    completion: Completion | undefined,
  ): void {
    if (!(message instanceof ByteBuf)) return ctx.write(message, completion);
    const bodyLength = message.readableBytes;
    const headerLength = this.headerLength(bodyLength);
    const at = message.prepend(headerLength);
    const relayed = at < 0 ? message.withBytesBefore(headerLength) : undefined;
    if (at >= 0) {
      this.setHeader(message, at, bodyLength);
      ctx.write(message, completion);
    } else if (relayed !== undefined && this.hasHeader(relayed, bodyLength)) {
      ctx.write(relayed, completion);
    } else if (bodyLength <= LONGEST_COPY) {
      ctx.write(this.#header(headerLength, bodyLength, bodyLength).writeBytes(message), completion);
    } else writeParts(ctx, this.#header(headerLength, bodyLength, 0), message, completion ?? ctx.newPromise());
  }

  #header(length: number, bodyLength: number, room: number): ByteBuf {
    const header = ByteBuf.alloc(length + room);
    header.writerIndex = length;
    this.setHeader(header, 0, bodyLength);
    return header;
  }
}

/**
 * Writes both as one message. If the second part is refused when the first was not, the peer would take what comes next
 * for the missing bytes, so the channel is closed.
 */
function writeParts(
  ctx: ChannelHandlerContext<unknown, ByteBuf>,
  header: ByteBuf,
  body: ByteBuf,
  completion: Completion,
): void {
  const both = new CompletionGroup(2, completion);
  ctx.write(header, both);
  if (both.error !== undefined) return both.fail(both.error);
  ctx.write(body, both);
  if (both.error !== undefined) ctx.close();
}

/**
 * A body up to this long is copied behind its header: that takes as long as a second entry in the outbound queue (100 ns
 * for 64 bytes either way; 1 KiB took 230 ns copied and 105 ns queued), and the frame stays in one piece.
 */
const LONGEST_COPY = 128;
