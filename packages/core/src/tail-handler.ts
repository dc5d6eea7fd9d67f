/** The tail of every pipeline: what nobody took ends here. */
import type { ChannelHandler } from "./channel-handler.js";

export const TAIL: ChannelHandler = {
  sharable: true,
  channelRead: (ctx, message) => ctx.channel.unreadMessage(message),
  channelReadComplete: () => {},
  exceptionCaught: (ctx, error) => ctx.channel.unhandledError(error),
};
