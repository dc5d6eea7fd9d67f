import {
  type ByteBuf,
  type ChannelPipeline,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  type ServerChannel,
  StringDecoder,
  tcp,
} from "sluice";

export function lines(p: ChannelPipeline<ByteBuf, ByteBuf>): ChannelPipeline<string, string> {
  return p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder());
}

/** Adds up what each connection tells it, until that connection asks for the sum. */
export function calculator(): Promise<ServerChannel> {
  return new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) => {
      let sum = 0;
      return lines(p).addLast({
        channelRead(ctx, line) {
          if (line === "ping") ctx.writeAndFlush("pong");
          else if (line !== "sum") sum += Number(line);
          else {
            ctx.writeAndFlush(String(sum));
            sum = 0;
          }
        },
      });
    })
    .bind({ host: "127.0.0.1", port: 0 });
}
