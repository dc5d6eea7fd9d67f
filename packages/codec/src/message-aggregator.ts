/**
 * Puts messages together that arrive in parts.
 *
 * ```
 *   BEFORE                                        AFTER
 *   +------+---------+---------+--------------+   +---------------------------------+
 *   | head | content | content | last content |─▶ | head + content, all of it       |
 *   +------+---------+---------+--------------+   +---------------------------------+
 *
 *                 start                 too long
 *   ┌──────┐ ───────────▶ ┌────────────┐ ──────▶ ┌──────────┐
 *   │ idle │              │ collecting │         │ skipping │
 *   └──────┘ ◀─────────── └────────────┘         └──────────┘
 *      ▲         last                                 │ last
 *      └──────────────────────────────────────────────┘       a start leads to collecting from everywhere
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInputShutdownEvent } from "@sluice/core";
import { checkBytes, DEFAULT_MAX_LENGTH } from "./frame-limits.js";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";

export interface MessageAggregatorOptions {
  /**
   * Bytes of content a message may have.
   * @default 1 MiB
   */
  readonly maxContentLength?: number;
}

/**
 * Base of handlers that make one `Aggregated` of a `Start`, any number of `Content`s and a last one. One part may be
 * several of these at once: a start that is the last content too is a whole message.
 *
 * Contents without a start, messages that are neither, and those that are whole already pass unchanged. Content is copied
 * about twice, or not at all when there is only one piece; what was copied counts as read in its part.
 *
 * Errors:
 * - FRAME_TOO_LONG (recoverable; `limit`, `length` if the start announced it), once per message, by
 *   `handleOversizedMessage`: all is dropped up to its last content, or the next start.
 * - FRAME_MALFORMED (recoverable; `length` of what is dropped): a start inside another message. The new one is collected.
 * - FRAME_TRUNCATED (recoverable; `length`): the stream ended inside a message, or the aggregator was taken out.
 * - The constructor throws INVALID_ARGUMENT.
 *
 * @example
 * ```ts
 * class Requests extends MessageAggregator<Part, Head, Body, Request> {
 *   protected isStartMessage(part: Part): part is Head {
 *     return part.kind === "head";
 *   }
 *   protected isContentMessage(part: Part): part is Body {
 *     return part.kind === "body";
 *   }
 *   protected isLastContentMessage(part: Body) {
 *     return part.isLast;
 *   }
 *   protected contentOf(part: Body) {
 *     return part.bytes;
 *   }
 *   protected aggregate(head: Head, content: ByteBuf): Request {
 *     return { path: head.path, content };
 *   }
 * }
 * ```
 */
export abstract class MessageAggregator<
  In,
  Start extends In,
  Content extends In,
  Aggregated,
> extends MessageToMessageDecoder<In, Aggregated> {
  readonly #maxContentLength: number;
  #start: Start | undefined = undefined;
  #content = ByteBuf.EMPTY;
  /** Whether the content is our own buffer, to be appended to, and not the one that a part came with. */
  #isCopied = false;
  #skipping = false;

  constructor(options: MessageAggregatorOptions = {}) {
    super();
    this.#maxContentLength = checkBytes("maxContentLength", options.maxContentLength ?? DEFAULT_MAX_LENGTH, 0);
  }

  get maxContentLength(): number {
    return this.#maxContentLength;
  }

  /** Whether a message begins with this part. */
  protected abstract isStartMessage(message: In): message is Start;

  /** Whether this part carries content. */
  protected abstract isContentMessage(message: In): message is Content;

  /** Whether a message ends with this part. */
  protected abstract isLastContentMessage(message: Content): boolean;

  /** The bytes of a part. */
  protected abstract contentOf(message: Content): ByteBuf;

  /** The whole message. `last` is the part it ended with, which may carry more than bytes. */
  protected abstract aggregate(start: Start, content: ByteBuf, last: Content): Aggregated;

  /**
   * Whether a message needs no aggregation, because it is whole.
   * @default none
   */
  protected isAggregated(_message: unknown): boolean {
    return false;
  }

  /**
   * Bytes of content that `start` says will come: room for them is made at once, or they are refused at once.
   * @default unknown
   */
  protected announcedLength(_start: Start): number | undefined {
    return undefined;
  }

  /**
   * A message is too long. Called once for it; what follows of it is dropped. Override it to answer, or to close.
   * @default passes `error` to `exceptionCaught`
   */
  protected handleOversizedMessage(ctx: ChannelHandlerContext<Aggregated>, _start: Start, error: SluiceError): void {
    this.#tell(ctx, error);
  }

  protected override acceptInboundMessage(message: unknown): boolean {
    if (this.isAggregated(message)) return false;
    const isPartOfMessage = this.#start !== undefined || this.#skipping;
    return this.isStartMessage(message as In) || (isPartOfMessage && this.isContentMessage(message as In));
  }

  protected override decode(ctx: ChannelHandlerContext<Aggregated>, message: In, out: MessageSink<Aggregated>): void {
    if (this.isStartMessage(message)) this.#begin(ctx, message);
    if (!this.isContentMessage(message)) return;
    const isLast = this.isLastContentMessage(message);
    if (this.#start !== undefined) this.#append(ctx, this.#start, this.contentOf(message));
    if (!isLast) return;
    const start = this.#start;
    const content = this.#reset();
    if (start !== undefined) out.push(this.aggregate(start, content, message));
  }

  override userEventTriggered(ctx: ChannelHandlerContext<Aggregated>, event: unknown): void {
    if (event === ChannelInputShutdownEvent) this.#truncated(ctx, "the stream ended");
    ctx.fireUserEventTriggered(event);
  }

  override channelInactive(ctx: ChannelHandlerContext<Aggregated>): void {
    this.#truncated(ctx, "the stream ended");
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext<Aggregated>): void {
    this.#truncated(ctx, "the aggregator was taken out");
  }

  #begin(ctx: ChannelHandlerContext<Aggregated>, start: Start): void {
    const wasCollecting = this.#start !== undefined;
    const dropped = this.#reset().readableBytes;
    this.#start = start;
    if (wasCollecting) {
      const detail = `a message began inside another, of which ${dropped} byte(s) are dropped`;
      this.#tell(ctx, new SluiceError("FRAME_MALFORMED", detail, { length: dropped }));
    }
    const announced = this.announcedLength(start);
    if (announced !== undefined && announced > this.#maxContentLength) this.#refuse(ctx, start, announced);
  }

  #append(ctx: ChannelHandlerContext<Aggregated>, start: Start, piece: ByteBuf): void {
    const limit = this.#maxContentLength;
    const have = this.#content.readableBytes;
    const length = have + piece.readableBytes;
    if (length > limit) return this.#refuse(ctx, start, undefined);
    if (!this.#isCopied && have === 0) {
      this.#content = piece;
      return;
    }
    if (!this.#isCopied) {
      const room = Math.max(length, Math.min(this.announcedLength(start) ?? 2 * length, limit));
      this.#content = ByteBuf.alloc(room, { maxCapacity: limit }).writeBytes(this.#content);
      this.#isCopied = true;
    }
    this.#content.writeBytes(piece);
  }

  #refuse(ctx: ChannelHandlerContext<Aggregated>, start: Start, length: number | undefined): void {
    this.#reset();
    this.#skipping = true;
    const limit = this.#maxContentLength;
    const detail = `a message has ${length === undefined ? "" : `${length} bytes, `}more than ${limit} bytes of content`;
    const fields = length === undefined ? { limit } : { length, limit };
    this.handleOversizedMessage(ctx, start, new SluiceError("FRAME_TOO_LONG", detail, fields));
  }

  #truncated(ctx: ChannelHandlerContext<Aggregated>, why: string): void {
    const wasCollecting = this.#start !== undefined;
    const length = this.#reset().readableBytes;
    if (!wasCollecting) return;
    const detail = `${why} in the middle of a message: ${length} byte(s) are dropped`;
    this.#tell(ctx, new SluiceError("FRAME_TRUNCATED", detail, { length }));
  }

  /** @returns the content so far */
  #reset(): ByteBuf {
    const content = this.#content;
    this.#start = undefined;
    this.#content = ByteBuf.EMPTY;
    this.#isCopied = false;
    this.#skipping = false;
    return content;
  }

  #tell(ctx: ChannelHandlerContext<Aggregated>, error: SluiceError): void {
    if (this.exceptionCaught !== undefined) this.exceptionCaught(ctx, error);
    else ctx.fireExceptionCaught(error);
  }
}
