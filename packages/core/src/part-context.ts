/**
 * The context of one part of a combined handler: everything goes where the combined handler's own context goes, which
 * follows the pipeline's edits. Only being removed is the part's own affair, and the way of errors.
 */
import { asError } from "./as-error.js";
import type { ChannelHandler } from "./channel-handler.js";
import { ChannelHandlerContext } from "./channel-handler-context.js";
import type { Completion } from "./channel-promise.js";
import type { BindOptions, ConnectOptions } from "./transport.js";

export class PartContext extends ChannelHandlerContext {
  readonly #whole: ChannelHandlerContext;
  /** The part that hears of errors before the rest of the pipeline does. */
  readonly #sibling: PartContext | undefined;

  constructor(whole: ChannelHandlerContext, part: ChannelHandler, sibling?: PartContext) {
    super(whole.pipeline, part, whole.name);
    this.#whole = whole;
    this.#sibling = sibling;
  }

  /** By itself, whatever the whole does. */
  get hasLeft(): boolean {
    return super.isRemoved;
  }

  override get isRemoved(): boolean {
    return this.hasLeft || this.#whole.isRemoved;
  }

  override fireChannelActive(): void {
    this.#whole.fireChannelActive();
  }
  override fireChannelRead(message: unknown): void {
    this.#whole.fireChannelRead(message);
  }
  override fireChannelReadComplete(): void {
    this.#whole.fireChannelReadComplete();
  }
  override fireChannelWritabilityChanged(): void {
    this.#whole.fireChannelWritabilityChanged();
  }
  override fireUserEventTriggered(event: unknown): void {
    this.#whole.fireUserEventTriggered(event);
  }
  override fireChannelInactive(): void {
    this.#whole.fireChannelInactive();
  }

  override fireExceptionCaught(error: Error): void {
    const sibling = this.#sibling;
    if (sibling !== undefined && !sibling.hasLeft && sibling.handler.exceptionCaught !== undefined) {
      try {
        sibling.handler.exceptionCaught(sibling, error);
      } catch (thrown) {
        this.channel.unhandledError(asError(thrown));
      }
    } else this.#whole.fireExceptionCaught(error);
  }

  override bind(options: BindOptions, completion?: Completion): void {
    this.#whole.bind(options, completion);
  }
  override connect(options: ConnectOptions, completion?: Completion): void {
    this.#whole.connect(options, completion);
  }
  override disconnect(completion?: Completion): void {
    this.#whole.disconnect(completion);
  }
  override read(): void {
    this.#whole.read();
  }
  override write(message: unknown, completion?: Completion): void {
    this.#whole.write(message, completion);
  }
  override flush(): void {
    this.#whole.flush();
  }
  override writeAndFlush(message: unknown, completion?: Completion): void {
    this.#whole.writeAndFlush(message, completion);
  }
  override shutdownOutput(completion?: Completion): void {
    this.#whole.shutdownOutput(completion);
  }
  override close(completion?: Completion): void {
    this.#whole.close(completion);
  }
}
