/**
 * Both ends of every pipeline: operations that arrive at the head are done by the channel's engine, and what nobody
 * took ends at the tail.
 */
import { asError } from "./as-error.js";
import type { ChannelHandler } from "./channel-handler.js";

/** Has every event, so that no search for the next interested context runs past it. */
export const ENDS: ChannelHandler = {
  sharable: true,

  // ── the head ───────────────────────────────────────────────────────────────────────────────────────────────

  bind: (ctx, options, completion) => ctx.channel.engine.bind(options, completion),
  connect: (ctx, options, completion) => ctx.channel.engine.connect(options, completion),
  disconnect: (ctx, completion) => ctx.channel.engine.close(completion),
  read: (ctx) => {
    try {
      ctx.channel.engine.requestRead();
    } catch (thrown) {
      // From the head through all handlers, and not to the tail at once, which is the same context.
      ctx.fireExceptionCaught(asError(thrown));
    }
  },
  write: (ctx, message, completion) => ctx.channel.engine.write(message, completion),
  flush: (ctx) => {
    try {
      ctx.channel.engine.flush();
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  },
  shutdownOutput: (ctx, completion) => ctx.channel.engine.shutdownOutput(completion),
  close: (ctx, completion) => ctx.channel.engine.close(completion),

  // ── the tail ───────────────────────────────────────────────────────────────────────────────────────────────

  channelActive: () => {},
  channelRead: (ctx, message) => ctx.channel.unreadMessage(message),
  channelReadComplete: () => {},
  channelWritabilityChanged: () => {},
  userEventTriggered: () => {},
  exceptionCaught: (ctx, error) => ctx.channel.unhandledError(error),
  channelInactive: () => {},
};
