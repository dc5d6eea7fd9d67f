/**
 * A handler that writes down everything that passes it, in both directions, and passes it on.
 *
 * ```
 *   added  active  read ByteBuf(3)  readComplete  event Idle  error FRAME_TOO_LONG  inactive  removed
 *   bind  connect  disconnect  READ  write "hello"  flush  shutdownOutput  close
 * ```
 *
 * The upper row comes from the transport, the lower goes to it. `READ`, in capitals as in Netty's traces, is the
 * demand for input; `read` is a message.
 */

import { ByteBuf } from "@sluice/buffer";
import {
  type BindOptions,
  type ChannelHandlerContext,
  type Completion,
  type ConnectOptions,
  PassThroughHandler,
} from "@sluice/core";

export interface RecorderHandlerOptions {
  /** Put before each step, with a dot: `"A"` gives `A.read "x"`. @default nothing */
  readonly name?: string;
  /** Where the steps go. Recorders that share a list show the order between them. @default a list of its own */
  readonly trace?: string[];
}

/**
 * Records a pipeline's events at one place. It fits between any two handlers and leaves their types as they are.
 *
 * The trace is words, for comparing; the lists beside it hold the very objects, and errors count as such only inbound.
 *
 * @example
 * ```ts
 * const recorder = new RecorderHandler();
 * const channel = new EmbeddedChannel(new LineSplitter(), recorder);
 * recorder.takeTrace();
 * channel.writeInbound(ByteBuf.from("one\ntwo\n"));
 * recorder.takeTrace(); // ["read ByteBuf(3)", "read ByteBuf(3)", "readComplete", "READ"]
 * recorder.messages[1]; // the ByteBuf of "two"
 * ```
 */
export class RecorderHandler extends PassThroughHandler {
  /** What passed, oldest first. */
  readonly trace: string[];
  /** Inbound messages. */
  readonly messages: unknown[] = [];
  /** Outbound messages. */
  readonly written: unknown[] = [];
  /** User events. */
  readonly events: unknown[] = [];
  readonly errors: Error[] = [];
  readonly #prefix: string;

  constructor(options: RecorderHandlerOptions = {}) {
    super();
    this.trace = options.trace ?? [];
    this.#prefix = options.name === undefined ? "" : `${options.name}.`;
  }

  /** The trace so far; it begins anew. */
  takeTrace(): string[] {
    return this.trace.splice(0);
  }

  override handlerAdded(): void {
    this.#note("added");
  }
  override handlerRemoved(): void {
    this.#note("removed");
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#note("active");
    ctx.fireChannelActive();
  }
  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#note(`read ${inWords(message)}`);
    this.messages.push(message);
    ctx.fireChannelRead(message);
  }
  override channelReadComplete(ctx: ChannelHandlerContext): void {
    this.#note("readComplete");
    ctx.fireChannelReadComplete();
  }
  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    this.#note(`writability ${ctx.channel.isWritable}`);
    ctx.fireChannelWritabilityChanged();
  }
  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    this.#note(`event ${inWords(event)}`);
    this.events.push(event);
    ctx.fireUserEventTriggered(event);
  }
  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    const { code } = error as { readonly code?: unknown };
    this.#note(`error ${typeof code === "string" ? code : `${error.name}: ${error.message}`}`);
    this.errors.push(error);
    ctx.fireExceptionCaught(error);
  }
  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#note("inactive");
    ctx.fireChannelInactive();
  }

  override bind(ctx: ChannelHandlerContext, options: BindOptions, completion: Completion): void {
    this.#note("bind");
    ctx.bind(options, completion);
  }
  override connect(ctx: ChannelHandlerContext, options: ConnectOptions, completion: Completion): void {
    this.#note("connect");
    ctx.connect(options, completion);
  }
  override disconnect(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#note("disconnect");
    ctx.disconnect(completion);
  }
  override read(ctx: ChannelHandlerContext): void {
    this.#note("READ");
    ctx.read();
  }
  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    this.#note(`write ${inWords(message)}`);
    this.written.push(message);
    ctx.write(message, completion);
  }
  override flush(ctx: ChannelHandlerContext): void {
    this.#note("flush");
    ctx.flush();
  }
  override shutdownOutput(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#note("shutdownOutput");
    ctx.shutdownOutput(completion);
  }
  override close(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#note("close");
    ctx.close(completion);
  }

  #note(step: string): void {
    this.trace.push(this.#prefix + step);
  }
}

/** A value by its kind and size: `ByteBuf(3)`, `"text"`, `Request`. */
function inWords(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > TEXT ? `${value.slice(0, TEXT)}…` : value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof ByteBuf) return `ByteBuf(${value.readableBytes})`;
  const name = value.constructor?.name ?? "Object";
  if (value instanceof Uint8Array || Array.isArray(value)) return `${name}(${value.length})`;
  if (value.toString !== Object.prototype.toString && typeof value.toString === "function") return String(value);
  // The events of a half-closed channel are plain objects that name themselves.
  const { event } = value as { readonly event?: unknown };
  return typeof event === "string" ? event : name;
}

/** Characters of a string that a trace shows. */
const TEXT = 32;
