/** How the bytes arrived: proof that frames came glued together and torn apart. */

import type { ByteBuf, ByteToMessageDecoder, ChannelHandlerContext, ChannelPipeline } from "sluice";

export class ChunkTally {
  /** Reads that brought more than one frame. */
  glued = 0;
  /** Reads that began or ended in the middle of a frame. */
  torn = 0;

  /** Adds `decoder` with a handler on either side that counts. */
  watch(
    pipeline: ChannelPipeline<ByteBuf, ByteBuf>,
    decoder: ByteToMessageDecoder<ByteBuf>,
  ): ChannelPipeline<ByteBuf, ByteBuf> {
    let frames = 0;
    return pipeline
      .addLast({
        channelRead: (ctx: ChannelHandlerContext<ByteBuf, ByteBuf>, chunk: ByteBuf) => {
          const copied = decoder.bytesCopied;
          frames = 0;
          ctx.fireChannelRead(chunk);
          if (frames > 1) this.glued++;
          // Torn frames are the only thing a decoder copies.
          if (decoder.bytesCopied > copied) this.torn++;
        },
      })
      .addLast(decoder)
      .addLast({
        channelRead: (ctx, frame) => {
          frames++;
          ctx.fireChannelRead(frame);
        },
      });
  }
}
