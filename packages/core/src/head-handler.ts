/** The head of every pipeline: what arrives here is done by the channel's engine. */
import type { ChannelHandler } from "./channel-handler.js";

export const HEAD: ChannelHandler = {
  sharable: true,
  bind: (ctx, options, completion) => ctx.channel.engine.bind(options, completion),
  connect: (ctx, options, completion) => ctx.channel.engine.connect(options, completion),
  disconnect: (ctx, completion) => ctx.channel.engine.close(completion),
  read: (ctx) => ctx.channel.engine.requestRead(),
  write: (ctx, message, completion) => ctx.channel.engine.write(message, completion),
  flush: (ctx) => ctx.channel.engine.flush(),
  shutdownOutput: (ctx, completion) => ctx.channel.engine.shutdownOutput(completion),
  close: (ctx, completion) => ctx.channel.engine.close(completion),
};
