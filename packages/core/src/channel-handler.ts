/**
 * What a handler is: an object whose methods are all optional.
 *
 * A handler implements the events it cares about and is stepped over for all others; which ones it has is
 * looked up once, when it is added. Inbound events travel head → tail, outbound operations tail → head:
 *
 * ```
 *              channelRead →            channelRead →
 *   transport ══ head ══ decoder ══ application ══ tail
 *              ← write                ← write
 * ```
 *
 * An event method that does not call the `ctx.fire…` of the same name ends the event there.
 *
 * Types: four phantom properties (they exist for the compiler only) say what a handler takes and gives. A
 * handler without any of them, such as an object literal, takes and gives what flows at its position.
 */
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import type { Completion } from "./channel-promise.js";
import type { BindOptions, ConnectOptions } from "./transport.js";

/** Events from the transport, in the order in which a channel's life produces them. */
export interface InboundEvents<In, Next, Write> {
  /** The channel became able to send and receive. */
  channelActive?(ctx: ChannelHandlerContext<Next, Write>): void;
  /** A message arrived. */
  channelRead?(ctx: ChannelHandlerContext<Next, Write>, message: In): void;
  /** The messages of one read from the transport have all been delivered: a good moment to flush. */
  channelReadComplete?(ctx: ChannelHandlerContext<Next, Write>): void;
  /** `channel.isWritable` changed. */
  channelWritabilityChanged?(ctx: ChannelHandlerContext<Next, Write>): void;
  /** Somebody fired an event of their own, for example an `IdleStateEvent`. */
  userEventTriggered?(ctx: ChannelHandlerContext<Next, Write>, event: unknown): void;
  /** An error was thrown by this handler, or passed on to it. Unhandled errors close the channel. */
  exceptionCaught?(ctx: ChannelHandlerContext<Next, Write>, error: Error): void;
  /** The channel is closed; no further event but `handlerRemoved` follows. */
  channelInactive?(ctx: ChannelHandlerContext<Next, Write>): void;
}

/** Operations towards the transport. Each is passed on by the method of the same name on the context. */
export interface OutboundOperations<Out, Next, Fire> {
  bind?(ctx: ChannelHandlerContext<Fire, Next>, options: BindOptions, completion: Completion): void;
  connect?(ctx: ChannelHandlerContext<Fire, Next>, options: ConnectOptions, completion: Completion): void;
  disconnect?(ctx: ChannelHandlerContext<Fire, Next>, completion: Completion | undefined): void;
  /** More input is wanted. */
  read?(ctx: ChannelHandlerContext<Fire, Next>): void;
  /** A message is to be queued. `completion`, when there is one, must be passed on or completed. */
  write?(ctx: ChannelHandlerContext<Fire, Next>, message: Out, completion: Completion | undefined): void;
  /** What has been queued is to be sent. */
  flush?(ctx: ChannelHandlerContext<Fire, Next>): void;
  shutdownOutput?(ctx: ChannelHandlerContext<Fire, Next>, completion: Completion | undefined): void;
  close?(ctx: ChannelHandlerContext<Fire, Next>, completion: Completion | undefined): void;
}

/** The two calls that tell a handler where it lives. */
export interface HandlerLifecycle {
  /** May be added to more than one pipeline, or more than once. @default false */
  readonly sharable?: boolean;
  /** The handler has been linked into a pipeline. */
  handlerAdded?(ctx: ChannelHandlerContext): void;
  /** The handler has left its pipeline, or the channel has closed. Called once for each `handlerAdded`. */
  handlerRemoved?(ctx: ChannelHandlerContext): void;
}

/** Any handler, its message types unchecked: for pipelines edited at run time. */
export interface ChannelHandler
  extends HandlerLifecycle,
    InboundEvents<any, any, any>,
    OutboundOperations<any, any, any> {}

/** An object literal handler, typed by its position: it takes and gives `In` inbound and `Out` outbound. */
export interface PlainHandler<In, Out>
  extends HandlerLifecycle,
    InboundEvents<In, In, Out>,
    OutboundOperations<Out, Out, In> {
  readonly "~inbound"?: undefined;
  readonly "~outbound"?: undefined;
  readonly "~passThrough"?: undefined;
}

/** A handler that declares what it takes and gives: an instance of a class with one of the bases. */
export type TypedHandler = HandlerLifecycle &
  ({ readonly "~inbound": unknown } | { readonly "~outbound": unknown } | { readonly "~passThrough": true });

/**
 * Asked of a typed handler beside its own type: nothing, where `In` arrives and `Out` may be written, and otherwise
 * what no handler has, so that the compiler's message says what does not fit. (Functions are compared because the
 * compiler would put off comparing bare type parameters, and a generic pipeline would not compile.)
 */
export type Fits<Handler, In, Out> = Handler extends { readonly "~inbound": (message: infer Takes) => unknown }
  ? (() => In) extends () => Takes
    ? FitsOutbound<Handler, Out>
    : { readonly "this handler takes": Takes; readonly "but what arrives here is": In }
  : FitsOutbound<Handler, Out>;

type FitsOutbound<Handler, Out> = Handler extends { readonly "~outbound": (message: never) => infer Gives }
  ? (() => Gives) extends () => Out
    ? FitsWrites<Handler, Out>
    : { readonly "this handler passes on": Gives; readonly "but what may be written here is": Out }
  : FitsWrites<Handler, Out>;

type FitsWrites<Handler, Out> = Handler extends { readonly "~writes": () => infer Writes }
  ? (() => Writes) extends () => Out
    ? unknown
    : { readonly "this handler writes": Writes; readonly "but what may be written here is": Out }
  : unknown;

/** What reaches the next handler after `Handler` has seen `In`. */
export type InboundAfter<Handler, In> = Handler extends { readonly "~inbound": (message: never) => infer Next }
  ? Next
  : In;

/** What may be written behind `Handler` when `Out` may be written before it. */
export type OutboundAfter<Handler, Out> = Handler extends { readonly "~outbound": (message: infer Next) => unknown }
  ? Next
  : Out;
