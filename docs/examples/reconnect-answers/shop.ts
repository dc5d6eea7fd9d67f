import type { ByteBuf, ChannelPipeline } from "sluice";
import { JsonCodec, LengthFieldBasedFrameDecoder, LengthFieldPrepender, ServerBootstrap, tcp } from "sluice";

export type Order = { id: number; item: string };
export type Receipt = { id: number; text: string };

export const framed = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));

/** Sells each order once, however often it comes. The second one is sold, but the connection ends before the receipt. */
export function openShop() {
  const sold = new Map<number, string>();
  return new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      framed(p)
        .addLast(new JsonCodec<Order, Receipt>())
        .addLast({
          channelRead(ctx, { id, item }) {
            const isNew = !sold.has(id);
            if (isNew) console.log(`sold ${item}`);
            sold.set(id, item);
            if (isNew && sold.size === 2) ctx.channel.closeForcibly();
            else ctx.writeAndFlush({ id, text: isNew ? "sold" : "sold before" });
          },
        }),
    )
    .bind({ host: "127.0.0.1", port: 0 });
}
