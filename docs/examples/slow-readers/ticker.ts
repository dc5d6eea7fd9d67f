import {
  Broadcast,
  ByteBuf,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  LineBasedFrameDecoder,
  ServerBootstrap,
  StringDecoder,
  tcp,
} from "sluice";

export type Tick = { readonly symbol: string; readonly contract: string; readonly price: number };

/** Everything goes to everybody, as a line of JSON: encoded once, whoever gets it. */
export const ticks = new Broadcast<Tick, ByteBuf>({
  encode: (tick) =>
    ByteBuf.from(`${JSON.stringify(tick)}
`),
});

/** `all` subscribes to each tick, `latest` to what each symbol costs now. */
class Subscribing extends ChannelInboundHandler<string, never, never> {
  override channelRead(ctx: ChannelHandlerContext, wish: string): void {
    const reader =
      wish === "all" ? { whenSlow: "wait" as const } : { whenSlow: { coalesce: (tick: Tick) => tick.symbol } };
    ctx.pipeline.replace(this, "ticks", ticks.handler(reader));
  }
}

export function ticker() {
  return new ServerBootstrap().transport(tcp()).childHandler((p) =>
    p
      .addLast(new LineBasedFrameDecoder({ maxLength: 10 }))
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new Subscribing()),
  );
}
