/**
 * A handler's place in one pipeline, and its way to its neighbours.
 *
 * `fire…` goes to the next handler towards the tail that implements the event; the operations go to the next
 * one towards the head. Both start from here: a handler never sees what it sends on itself.
 *
 * For the five events of the hot path each context keeps the next context that implements them, and the
 * methods of its handler's class, so a hop is one indirect call. The rare events walk the list instead, which keeps a
 * context small. Who implements what is looked up once, when the handler is added.
 *
 * A context stays usable after its handler has left: what it fires goes on to where its neighbours were.
 */
import { asError } from "./as-error.js";
import type { Channel } from "./channel.js";
import type { ChannelHandler } from "./channel-handler.js";
import type { ChannelPipeline } from "./channel-pipeline.js";
import type { ChannelPromise, Completion } from "./channel-promise.js";
import type { Clock } from "./clock.js";
import { EVENT } from "./handler-events.js";
import { HandlerMethods } from "./handler-methods.js";
import type { BindOptions, ConnectOptions } from "./transport.js";

export class ChannelHandlerContext<In = any, Out = any> {
  readonly pipeline: ChannelPipeline<any, any>;
  readonly handler: ChannelHandler;
  readonly name: string;

  /** @internal */ prev: ChannelHandlerContext | undefined;
  /** @internal */ next: ChannelHandlerContext | undefined;
  /** @internal Which events the handler implements; none once it has left. */
  events: number;
  /** @internal */ added = false;

  // The next interested context for each hot event; kept by the pipeline whenever it is edited.
  /** @internal */ nextChannelRead!: ChannelHandlerContext;
  /** @internal */ nextChannelReadComplete!: ChannelHandlerContext;
  /** @internal */ nextRead!: ChannelHandlerContext;
  /** @internal */ nextWrite!: ChannelHandlerContext;
  /** @internal */ nextFlush!: ChannelHandlerContext;

  #methods: HandlerMethods;

  /** @internal */
  constructor(pipeline: ChannelPipeline<any, any>, handler: ChannelHandler, name: string) {
    this.pipeline = pipeline;
    this.handler = handler;
    this.name = name;
    this.prev = undefined;
    this.next = undefined;
    this.#methods = HandlerMethods.of(handler);
    this.events = this.#methods.events;
  }

  get channel(): Channel<any, any> {
    return this.pipeline.channel;
  }

  get clock(): Clock {
    return this.pipeline.channel.clock;
  }

  /** Whether the handler has left the pipeline. */
  get isRemoved(): boolean {
    return !this.added;
  }

  /** A completion to pass with an operation and to await or listen to. */
  newPromise(): ChannelPromise {
    return this.pipeline.channel.newPromise();
  }

  // ── towards the tail ───────────────────────────────────────────────────────────────────────────────────────

  fireChannelActive(): void {
    const next = this.#inbound(EVENT.channelActive);
    try {
      next.handler.channelActive?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelRead(message: In): void {
    const next = this.nextChannelRead;
    try {
      next.#methods.channelRead.call(next.handler, next, message);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelReadComplete(): void {
    const next = this.nextChannelReadComplete;
    try {
      next.#methods.channelReadComplete.call(next.handler, next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelWritabilityChanged(): void {
    const next = this.#inbound(EVENT.channelWritabilityChanged);
    try {
      next.handler.channelWritabilityChanged?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireUserEventTriggered(event: unknown): void {
    const next = this.#inbound(EVENT.userEventTriggered);
    try {
      next.handler.userEventTriggered?.(next, event);
    } catch (error) {
      next.caught(error);
    }
  }

  /** Passes `error` on; without a handler for it the channel emits it and closes. */
  fireExceptionCaught(error: Error): void {
    this.#inbound(EVENT.exceptionCaught).#invokeExceptionCaught(error);
  }

  fireChannelInactive(): void {
    const next = this.#inbound(EVENT.channelInactive);
    try {
      next.handler.channelInactive?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  // ── towards the head ───────────────────────────────────────────────────────────────────────────────────────

  bind(options: BindOptions, completion: Completion = this.newPromise()): void {
    const next = this.#outbound(EVENT.bind);
    try {
      next.handler.bind?.(next, options, completion);
    } catch (error) {
      completion.fail(asError(error));
    }
  }

  connect(options: ConnectOptions, completion: Completion = this.newPromise()): void {
    const next = this.#outbound(EVENT.connect);
    try {
      next.handler.connect?.(next, options, completion);
    } catch (error) {
      completion.fail(asError(error));
    }
  }

  disconnect(completion?: Completion): void {
    const next = this.#outbound(EVENT.disconnect);
    try {
      next.handler.disconnect?.(next, completion);
    } catch (error) {
      this.#operationFailed(completion, error);
    }
  }

  read(): void {
    const next = this.nextRead;
    try {
      next.#methods.read.call(next.handler, next);
    } catch (error) {
      next.caught(error);
    }
  }

  /**
   * Queues `message`; nothing is sent before a `flush`.
   *
   * @param completion Learns how the write ended. Without one a failure arrives at `exceptionCaught`.
   */
  write(message: Out, completion?: Completion): void {
    const next = this.nextWrite;
    try {
      next.#methods.write.call(next.handler, next, message, completion);
    } catch (error) {
      this.#operationFailed(completion, error);
    }
  }

  flush(): void {
    const next = this.nextFlush;
    try {
      next.#methods.flush.call(next.handler, next);
    } catch (error) {
      next.caught(error);
    }
  }

  writeAndFlush(message: Out, completion?: Completion): void {
    this.write(message, completion);
    this.flush();
  }

  shutdownOutput(completion?: Completion): void {
    const next = this.#outbound(EVENT.shutdownOutput);
    try {
      next.handler.shutdownOutput?.(next, completion);
    } catch (error) {
      this.#operationFailed(completion, error);
    }
  }

  close(completion?: Completion): void {
    const next = this.#outbound(EVENT.close);
    try {
      next.handler.close?.(next, completion);
    } catch (error) {
      this.#operationFailed(completion, error);
    }
  }

  // ── for the pipeline ───────────────────────────────────────────────────────────────────────────────────────

  /** @internal An inbound method of this handler threw: its own `exceptionCaught` is asked first. */
  caught(error: unknown): void {
    const context = this.events & EVENT.exceptionCaught ? this : this.#inbound(EVENT.exceptionCaught);
    context.#invokeExceptionCaught(asError(error));
  }

  /** @internal From now on every event steps over this context, also those of contexts that left before it. */
  retire(): void {
    this.added = false;
    this.events = 0;
    this.#methods = GONE;
  }

  #invokeExceptionCaught(error: Error): void {
    try {
      this.handler.exceptionCaught?.(this, error);
    } catch (thrown) {
      this.pipeline.channel.unhandledError(asError(thrown));
    }
  }

  #operationFailed(completion: Completion | undefined, thrown: unknown): void {
    const error = asError(thrown);
    if (completion === undefined) this.pipeline.channel.unawaitedFailure(error);
    else completion.fail(error);
  }

  #inbound(event: number): ChannelHandlerContext {
    let context = this.next as ChannelHandlerContext;
    while ((context.events & event) === 0) context = context.next as ChannelHandlerContext;
    return context;
  }

  #outbound(event: number): ChannelHandlerContext {
    let context = this.prev as ChannelHandlerContext;
    while ((context.events & event) === 0) context = context.prev as ChannelHandlerContext;
    return context;
  }
}

/** Of a handler that has left: everything goes on to where its neighbours are. */
const GONE = HandlerMethods.of({});
