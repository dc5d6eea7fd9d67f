/**
 * Makes one handler of two: an inbound and an outbound one, such as a decoder and its encoder.
 *
 * ```
 *              ┌ combined ───────────┐
 *   events ──▶ │ ──▶ inbound part ──▶│──▶ towards the tail
 *          ◀── │ ◀── outbound part ◀─│◀── operations
 *              └─────────────────────┘
 * ```
 *
 * The parts behave as if they stood alone at this place: what the inbound part writes goes on towards the head and is
 * not seen by the outbound part. An error goes to the inbound part first, then to the outbound part, then on. Either
 * part can be taken out by itself. The handler has the events its parts have and is stepped over for the others; like
 * its parts it belongs to one pipeline.
 *
 * @example
 * ```ts
 * pipeline.addLast(new CombinedChannelDuplexHandler(new StringDecoder(), new StringEncoder()));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import type { ChannelHandler, HandlerLifecycle, InboundEvents, OutboundOperations } from "./channel-handler.js";
import type { ChannelHandlerContext } from "./channel-handler-context.js";
import type { Completion } from "./channel-promise.js";
import { PartContext } from "./part-context.js";
import { noteAdded } from "./sharable.js";
import type { BindOptions, ConnectOptions } from "./transport.js";

/** A handler that looks at what arrives, and at nothing else. */
export type InboundPart = HandlerLifecycle &
  InboundEvents<any, any, any> & {
    readonly "~inbound": (message: never) => unknown;
    readonly "~outbound"?: undefined;
  };
/** A handler that looks at what is sent, and at nothing else. */
export type OutboundPart = HandlerLifecycle &
  OutboundOperations<any, any, any> & {
    readonly "~outbound": (message: never) => unknown;
    readonly "~inbound"?: undefined;
  };

export class CombinedChannelDuplexHandler<I extends InboundPart = InboundPart, O extends OutboundPart = OutboundPart> {
  readonly #inbound: ChannelHandler;
  readonly #outbound: ChannelHandler;
  #whole: ChannelHandlerContext | undefined;
  #in!: PartContext;
  #out!: PartContext;

  /** @throws INVALID_ARGUMENT when a part has methods for the other direction: they would never be called */
  constructor(inbound: I, outbound: O) {
    this.#inbound = inbound;
    this.#outbound = outbound;
    refuse(inbound, "inbound", CombinedChannelDuplexHandler.#OPERATIONS);
    refuse(outbound, "outbound", CombinedChannelDuplexHandler.#EVENTS);
    this.#take(CombinedChannelDuplexHandler.#EVENTS, inbound);
    this.#take(CombinedChannelDuplexHandler.#OPERATIONS, outbound);
    this.#take(CombinedChannelDuplexHandler.#ERRORS, inbound);
    this.#take(CombinedChannelDuplexHandler.#ERRORS, outbound);
  }

  handlerAdded(ctx: ChannelHandlerContext): void {
    if (this.#whole !== undefined) {
      throw new SluiceError(
        "HANDLER_NOT_SHARABLE",
        "a combined handler belongs to one pipeline, whatever its parts say",
      );
    }
    this.#whole = ctx;
    noteAdded(this.#inbound);
    noteAdded(this.#outbound);
    this.#out = new PartContext(ctx, this.#outbound);
    this.#in = new PartContext(ctx, this.#inbound, this.#out);
    try {
      this.#inbound.handlerAdded?.(this.#in);
    } finally {
      this.#outbound.handlerAdded?.(this.#out);
    }
  }

  handlerRemoved(ctx: ChannelHandlerContext): void {
    if (ctx !== this.#whole) return;
    try {
      leave(this.#in);
    } finally {
      leave(this.#out);
    }
  }

  /** Takes the inbound part out; events pass this place by from now on. @throws HANDLER_NOT_FOUND before it is added */
  removeInboundHandler(): void {
    takeOut(this.#in, "inbound");
  }

  /** Takes the outbound part out; operations pass this place by from now on. @throws HANDLER_NOT_FOUND as above */
  removeOutboundHandler(): void {
    takeOut(this.#out, "outbound");
  }

  /**
   * Gives this object the methods that the part has, as its own, so that its context is skipped for all others.
   * A subclass's methods stay.
   */
  #take(forwards: ChannelHandler, part: ChannelHandler): void {
    for (const name of Object.keys(forwards) as (keyof ChannelHandler)[]) {
      if (typeof part[name] === "function" && !(name in this)) Object.assign(this, { [name]: forwards[name] });
    }
  }

  static readonly #EVENTS: ThisType<CombinedChannelDuplexHandler> & ChannelHandler = {
    channelActive(ctx) {
      if (!this.#in.hasLeft) this.#inbound.channelActive?.(this.#in);
      else ctx.fireChannelActive();
    },
    channelRead(ctx, message) {
      if (!this.#in.hasLeft) this.#inbound.channelRead?.(this.#in, message);
      else ctx.fireChannelRead(message);
    },
    channelReadComplete(ctx) {
      if (!this.#in.hasLeft) this.#inbound.channelReadComplete?.(this.#in);
      else ctx.fireChannelReadComplete();
    },
    channelWritabilityChanged(ctx) {
      if (!this.#in.hasLeft) this.#inbound.channelWritabilityChanged?.(this.#in);
      else ctx.fireChannelWritabilityChanged();
    },
    userEventTriggered(ctx, event) {
      if (!this.#in.hasLeft) this.#inbound.userEventTriggered?.(this.#in, event);
      else ctx.fireUserEventTriggered(event);
    },
    channelInactive(ctx) {
      if (!this.#in.hasLeft) this.#inbound.channelInactive?.(this.#in);
      else ctx.fireChannelInactive();
    },
  };

  static readonly #ERRORS: ThisType<CombinedChannelDuplexHandler> & ChannelHandler = {
    exceptionCaught(_ctx, error) {
      const hears = !this.#in.hasLeft && this.#inbound.exceptionCaught !== undefined;
      if (hears) this.#inbound.exceptionCaught?.(this.#in, error);
      else this.#in.fireExceptionCaught(error);
    },
  };

  static readonly #OPERATIONS: ThisType<CombinedChannelDuplexHandler> & ChannelHandler = {
    bind(ctx, options: BindOptions, completion: Completion) {
      if (!this.#out.hasLeft) this.#outbound.bind?.(this.#out, options, completion);
      else ctx.bind(options, completion);
    },
    connect(ctx, options: ConnectOptions, completion: Completion) {
      if (!this.#out.hasLeft) this.#outbound.connect?.(this.#out, options, completion);
      else ctx.connect(options, completion);
    },
    disconnect(ctx, completion) {
      if (!this.#out.hasLeft) this.#outbound.disconnect?.(this.#out, completion);
      else ctx.disconnect(completion);
    },
    read(ctx) {
      if (!this.#out.hasLeft) this.#outbound.read?.(this.#out);
      else ctx.read();
    },
    write(ctx, message, completion) {
      if (!this.#out.hasLeft) this.#outbound.write?.(this.#out, message, completion);
      else ctx.write(message, completion);
    },
    flush(ctx) {
      if (!this.#out.hasLeft) this.#outbound.flush?.(this.#out);
      else ctx.flush();
    },
    shutdownOutput(ctx, completion) {
      if (!this.#out.hasLeft) this.#outbound.shutdownOutput?.(this.#out, completion);
      else ctx.shutdownOutput(completion);
    },
    close(ctx, completion) {
      if (!this.#out.hasLeft) this.#outbound.close?.(this.#out, completion);
      else ctx.close(completion);
    },
  };
}

export interface CombinedChannelDuplexHandler<I extends InboundPart, O extends OutboundPart>
  extends HandlerLifecycle,
    InboundEvents<any, any, any>,
    OutboundOperations<any, any, any> {
  readonly "~inbound": I["~inbound"];
  readonly "~outbound": O["~outbound"];
  readonly "~writes": I extends { readonly "~writes": infer Writes } ? Writes : () => never;
}

function refuse(part: ChannelHandler, which: string, others: ChannelHandler): void {
  for (const name of Object.keys(others) as (keyof ChannelHandler)[]) {
    if (part[name] === undefined) continue;
    throw new SluiceError("INVALID_ARGUMENT", `the ${which} part has a method ${name}, which would never be called`);
  }
}

function takeOut(part: PartContext | undefined, which: string): void {
  if (part === undefined) throw new SluiceError("HANDLER_NOT_FOUND", `the ${which} part has not been added yet`);
  try {
    leave(part);
  } catch (cause) {
    const what = `handlerRemoved of the ${which} part of "${part.name}" threw; it has been removed`;
    part.pipeline.fireExceptionCaught(new SluiceError("HANDLER_LIFECYCLE_FAILED", what, { cause }));
  }
}

/** Once: the part may have been taken out before the whole. */
function leave(part: PartContext | undefined): void {
  if (part === undefined || part.hasLeft) return;
  try {
    part.handler.handlerRemoved?.(part);
  } finally {
    part.retire();
  }
}
