/**
 * A handler's place in one pipeline, and its way to its neighbours.
 *
 * `fire…` goes to the next handler towards the tail that implements the event; the operations go to the next
 * one towards the head. Both start from here: a handler never sees what it sends on itself.
 *
 * For what messages take, `channelRead`, `channelReadComplete` and `write`, each context keeps the next context that
 * implements it, and its own {@link HandlerRole}, so a hop is one indirect call. All other events walk the list, which keeps a context small:
 * there are as many as handlers for each connection, and most connections are idle.
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
import { HandlerRole } from "./handler-role.js";
import type { BindOptions, ConnectOptions } from "./transport.js";

export class ChannelHandlerContext<In = any, Out = any> {
  readonly pipeline: ChannelPipeline<any, any>;
  readonly handler: ChannelHandler;

  // The pipeline's list is a ring, closed by the context of its two ends.
  /** @internal */ prev: ChannelHandlerContext = this;
  /** @internal */ next: ChannelHandlerContext = this;

  // The next interested context for what messages take; kept by the pipeline whenever it is edited.
  /** @internal */ nextChannelRead: ChannelHandlerContext = this;
  /** @internal */ nextChannelReadComplete: ChannelHandlerContext = this;
  /** @internal */ nextWrite: ChannelHandlerContext = this;

  #role: HandlerRole;

  /** @internal */
  constructor(pipeline: ChannelPipeline<any, any>, handler: ChannelHandler, name: string) {
    this.pipeline = pipeline;
    this.handler = handler;
    this.#role = HandlerRole.of(handler, name);
  }

  get name(): string {
    return this.#role.name;
  }

  get channel(): Channel<any, any> {
    return this.pipeline.channel;
  }

  get clock(): Clock {
    return this.pipeline.channel.clock;
  }

  /** Whether the handler has left the pipeline. */
  get isRemoved(): boolean {
    return this.#role.isGone;
  }

  /** @internal Which events the handler implements; none once it has left. */
  get events(): number {
    return this.#role.events;
  }

  /** A completion to pass with an operation and to await or listen to. */
  newPromise(): ChannelPromise {
    return this.pipeline.channel.newPromise();
  }

  // ── towards the tail ───────────────────────────────────────────────────────────────────────────────────────

  fireChannelActive(): void {
    const next = inboundAfter(this, EVENT.channelActive);
    try {
      next.handler.channelActive?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelRead(message: In): void {
    const next = this.nextChannelRead;
    try {
      next.#role.channelRead.call(next.handler, next, message);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelReadComplete(): void {
    const next = this.nextChannelReadComplete;
    try {
      next.#role.channelReadComplete.call(next.handler, next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireChannelWritabilityChanged(): void {
    const next = inboundAfter(this, EVENT.channelWritabilityChanged);
    try {
      next.handler.channelWritabilityChanged?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  fireUserEventTriggered(event: unknown): void {
    const next = inboundAfter(this, EVENT.userEventTriggered);
    try {
      next.handler.userEventTriggered?.(next, event);
    } catch (error) {
      next.caught(error);
    }
  }

  /** Passes `error` on; without a handler for it the channel emits it and closes. */
  fireExceptionCaught(error: Error): void {
    invokeExceptionCaught(inboundAfter(this, EVENT.exceptionCaught), error);
  }

  fireChannelInactive(): void {
    const next = inboundAfter(this, EVENT.channelInactive);
    try {
      next.handler.channelInactive?.(next);
    } catch (error) {
      next.caught(error);
    }
  }

  // ── towards the head ───────────────────────────────────────────────────────────────────────────────────────

  bind(options: BindOptions, completion: Completion = this.newPromise()): void {
    const next = outboundBefore(this, EVENT.bind);
    try {
      next.handler.bind?.(next, options, completion);
    } catch (error) {
      completion.fail(asError(error));
    }
  }

  connect(options: ConnectOptions, completion: Completion = this.newPromise()): void {
    const next = outboundBefore(this, EVENT.connect);
    try {
      next.handler.connect?.(next, options, completion);
    } catch (error) {
      completion.fail(asError(error));
    }
  }

  disconnect(completion?: Completion): void {
    const next = outboundBefore(this, EVENT.disconnect);
    try {
      next.handler.disconnect?.(next, completion);
    } catch (error) {
      operationFailed(this, completion, error);
    }
  }

  read(): void {
    const next = outboundBefore(this, EVENT.read);
    try {
      next.#role.read.call(next.handler, next);
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
      next.#role.write.call(next.handler, next, message, completion);
    } catch (error) {
      operationFailed(this, completion, error);
    }
  }

  flush(): void {
    const next = outboundBefore(this, EVENT.flush);
    try {
      next.#role.flush.call(next.handler, next);
    } catch (error) {
      next.caught(error);
    }
  }

  writeAndFlush(message: Out, completion?: Completion): void {
    this.write(message, completion);
    this.flush();
  }

  shutdownOutput(completion?: Completion): void {
    const next = outboundBefore(this, EVENT.shutdownOutput);
    try {
      next.handler.shutdownOutput?.(next, completion);
    } catch (error) {
      operationFailed(this, completion, error);
    }
  }

  close(completion?: Completion): void {
    const next = outboundBefore(this, EVENT.close);
    try {
      next.handler.close?.(next, completion);
    } catch (error) {
      operationFailed(this, completion, error);
    }
  }

  // ── for the pipeline ───────────────────────────────────────────────────────────────────────────────────────

  /** @internal An inbound method of this handler threw: its own `exceptionCaught` is asked first. */
  caught(error: unknown): void {
    const context = this.events & EVENT.exceptionCaught ? this : inboundAfter(this, EVENT.exceptionCaught);
    invokeExceptionCaught(context, asError(error));
  }

  /** @internal From now on every event steps over this context, also those of contexts that left before it. */
  retire(): void {
    this.#role = HandlerRole.gone(this.#role.name);
  }
}

// Not methods, as private methods would cost each context a field.

function invokeExceptionCaught(context: ChannelHandlerContext, error: Error): void {
  try {
    context.handler.exceptionCaught?.(context, error);
  } catch (thrown) {
    context.pipeline.channel.unhandledError(asError(thrown));
  }
}

function operationFailed(context: ChannelHandlerContext, completion: Completion | undefined, thrown: unknown): void {
  const error = asError(thrown);
  if (completion === undefined) context.pipeline.channel.unawaitedFailure(error);
  else completion.fail(error);
}

/** The next interested context towards the tail. */
function inboundAfter(from: ChannelHandlerContext, event: number): ChannelHandlerContext {
  let context = from.next;
  while ((context.events & event) === 0) context = context.next;
  return context;
}

/** The next interested context towards the head. */
function outboundBefore(from: ChannelHandlerContext, event: number): ChannelHandlerContext {
  let context = from.prev;
  while ((context.events & event) === 0) context = context.prev;
  return context;
}
