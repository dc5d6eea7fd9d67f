import {
  ChannelDuplexHandler,
  type ChannelHandlerContext,
  ChannelOption,
  ChannelTrafficShapingHandler,
  ConnectionLimitHandler,
  FrameDeadlineHandler,
  IpFilterHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ReadTimeoutHandler,
  ServerBootstrap,
  tcp,
  WriteTimeoutHandler,
} from "sluice";

export type Question = { readonly id: number; readonly text: string };
export type Answer = { readonly id: number; readonly shout: string };

/** Who comes in at all; its rules may be replaced while the server runs. */
export const filter = new IpFilterHandler({ rules: [{ action: "reject", cidr: "192.0.2.0/24" }] });

export function hardenedServer() {
  return new ServerBootstrap()
    .transport(tcp())
    .option(ChannelOption.MAX_CONNECTIONS, 20_000)
    .handler((p) => p.addLast(filter).addLast(new ConnectionLimitHandler({ maxPerAddress: 100 })))
    .childOption(ChannelOption.MAX_OUTBOUND_BYTES, 1024 * 1024)
    .childOption(ChannelOption.CLOSE_TIMEOUT_MILLIS, 2000)
    .childHandler((p) => {
      const framer = new LengthFieldBasedFrameDecoder({
        lengthFieldLength: 4,
        initialBytesToStrip: 4,
        maxFrameLength: 64 * 1024,
      });
      return p
        .addLast(new ChannelTrafficShapingHandler({ read: { perSecond: 1024 * 1024 } }))
        .addLast(new ReadTimeoutHandler(60_000))
        .addLast(new WriteTimeoutHandler(10_000))
        .addLast(framer)
        .addLast(new FrameDeadlineHandler({ framer, firstTimeoutMs: 5000, timeoutMs: 10_000, minBytesPerSecond: 1024 }))
        .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
        .addLast(new JsonCodec<Question, Answer>())
        .addLast(new Shouting());
    });
}

class Shouting extends ChannelDuplexHandler<Question, never, Answer, Answer> {
  override channelRead(ctx: ChannelHandlerContext<never, Answer>, { id, text }: Question): void {
    ctx.writeAndFlush({ id, shout: String(text).toUpperCase() });
  }

  /** Asks no more of those who do not take their answers. */
  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    ctx.channel.autoRead = ctx.channel.isWritable;
    ctx.fireChannelWritabilityChanged();
  }
}
