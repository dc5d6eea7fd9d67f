import { type ByteBuf, ChannelOption, type ChannelPipeline, FlowControlHandler, LineBasedFrameDecoder } from "sluice";

/** Takes the next line when the last one has been stored. */
export function storeLines(pipeline: ChannelPipeline<ByteBuf, ByteBuf>, store: (line: ByteBuf) => Promise<void>): void {
  pipeline.channel.setOption(ChannelOption.AUTO_READ, false);
  pipeline
    .addLast(new LineBasedFrameDecoder())
    .addLast(new FlowControlHandler())
    .addLast({
      channelActive: (ctx) => ctx.read(),
      channelRead(ctx, line) {
        store(line).then(
          () => ctx.read(),
          (error: Error) => ctx.fireExceptionCaught(error),
        );
      },
    });
}
