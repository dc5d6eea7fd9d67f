/** The handler of docs/framing.md that goes on after what can be skipped. */

import { type ByteBuf, type ChannelPipeline, LineBasedFrameDecoder, SluiceError } from "sluice";

export function tolerantLines(pipeline: ChannelPipeline<ByteBuf, ByteBuf>, log: (text: string) => void) {
  return pipeline.addLast(new LineBasedFrameDecoder({ maxLength: 8 })).addLast({
    channelRead: (_ctx, line) => log(line.toString()),
    exceptionCaught(ctx, error) {
      if (error instanceof SluiceError && error.recoverable) log(`${error.code} at ${error.offset}`);
      else ctx.fireExceptionCaught(error);
    },
  });
}
