/**
 * Base of handlers that watch traffic without changing its type: idle detection, logging, limits.
 *
 * Such a handler fits anywhere in a pipeline and leaves the types on both sides as they are.
 */
import type { HandlerLifecycle, InboundEvents, OutboundOperations } from "./channel-handler.js";

export abstract class PassThroughHandler {
  declare readonly "~passThrough": true;
}

export interface PassThroughHandler
  extends HandlerLifecycle,
    InboundEvents<any, any, any>,
    OutboundOperations<any, any, any> {}
