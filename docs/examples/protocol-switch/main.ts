import {
  Bootstrap,
  ByteBuf,
  type ChannelHandlerContext,
  LengthFieldBasedFrameDecoder,
  ServerBootstrap,
  StringDecoder,
  tcp,
} from "sluice";
import { greeted } from "./greeting.js";

await using server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    greeted(p, (name) => ({
      channelRead(ctx: ChannelHandlerContext<unknown, ByteBuf>, frame: ByteBuf) {
        ctx.writeAndFlush(ByteBuf.from(`${name} says ${frame}`));
      },
    })),
  )
  .bind({ host: "127.0.0.1", port: 0 });

await using channel = await new Bootstrap()
  .transport(tcp())
  .handler((p) =>
    p
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 2, initialBytesToStrip: 2 }))
      .addLast(new StringDecoder({ framed: true })),
  )
  .connect(server.localAddress);

// The greeting and two frames in one segment.
await channel.send(ByteBuf.from("HELLO alice\n\0\x03one\0\x03two"));

let answers = 0;
for await (const answer of channel.messages()) {
  console.log(answer);
  if (++answers === 2) break;
}
