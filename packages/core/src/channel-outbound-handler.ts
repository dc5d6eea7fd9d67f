/**
 * Base of handlers that look at what is sent.
 *
 * `Out` is what may be written to it, `Next` what it hands towards the transport. What arrives passes it by.
 */
import type { HandlerLifecycle, OutboundOperations } from "./channel-handler.js";

export abstract class ChannelOutboundHandler<Out = any, Next = any> {
  declare readonly "~outbound": (message: Out) => Next;
}

export interface ChannelOutboundHandler<Out, Next> extends HandlerLifecycle, OutboundOperations<Out, Next, any> {}
