import {
  type ByteBuf,
  type ChannelHandler,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  type ChannelPipeline,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  LineBasedFrameDecoder,
  SluiceError,
} from "sluice";

/** Waits for the line `HELLO name`; everything behind it is frames with a length in front. */
export class Greeting extends ChannelInboundHandler<ByteBuf> {
  readonly #session: (name: string) => ChannelHandler;

  constructor(session: (name: string) => ChannelHandler) {
    super();
    this.#session = session;
  }

  override channelRead(ctx: ChannelHandlerContext, line: ByteBuf): void {
    const name = /^HELLO (\w+)$/.exec(line.toString())?.[1];
    if (name === undefined) throw new SluiceError("FRAME_CORRUPTED", "the first line is no greeting");
    ctx.pipeline.addBefore(ctx.name, "prepender", new LengthFieldPrepender({ lengthFieldLength: 2 }));
    ctx.pipeline.replace(this, "session", this.#session(name));
    // The bytes behind the line go to whatever takes the decoder's place, once.
    ctx.pipeline.replace(
      LineBasedFrameDecoder,
      new LengthFieldBasedFrameDecoder({ lengthFieldLength: 2, initialBytesToStrip: 2 }),
    );
  }
}

export function greeted(pipeline: ChannelPipeline<ByteBuf, ByteBuf>, session: (name: string) => ChannelHandler) {
  return pipeline.addLast(new LineBasedFrameDecoder({ maxLength: 80 })).addLast(new Greeting(session));
}
