/**
 * Base of handlers that look both ways, such as codecs.
 *
 * Inbound it takes `In` and passes on `InNext`; outbound it accepts `Out` and hands on `OutNext`.
 */
import type { HandlerLifecycle, InboundEvents, OutboundOperations } from "./channel-handler.js";

export abstract class ChannelDuplexHandler<In = any, InNext = any, Out = any, OutNext = any> {
  declare readonly "~inbound": (message: In) => InNext;
  declare readonly "~outbound": (message: Out) => OutNext;
}

export interface ChannelDuplexHandler<In, InNext, Out, OutNext>
  extends HandlerLifecycle,
    InboundEvents<In, InNext, OutNext>,
    OutboundOperations<Out, OutNext, InNext> {}
