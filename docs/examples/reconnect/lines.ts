import type { ByteBuf, ChannelPipeline } from "sluice";
import { LineBasedFrameDecoder, LineEncoder, ServerBootstrap, StringDecoder, tcp } from "sluice";

export const lines = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder());

/** Welcomes whoever logs in, and repeats every other line. */
export const serve = (port: number) =>
  new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      lines(p).addLast({
        channelRead: (ctx, line) => ctx.writeAndFlush(line.startsWith("login ") ? "welcome" : `got ${line}`),
      }),
    )
    .bind({ host: "127.0.0.1", port });
