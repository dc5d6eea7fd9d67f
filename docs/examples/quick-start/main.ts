import type { ByteBuf, ChannelPipeline } from "sluice";
import { Bootstrap, JsonCodec, LengthFieldBasedFrameDecoder, LengthFieldPrepender, ServerBootstrap, tcp } from "sluice";

type Question = { id: number; text: string };
type Answer = { id: number; shout: string };

const framed = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));

await using server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    framed(p)
      .addLast(new JsonCodec<Question, Answer>())
      .addLast({ channelRead: (ctx, { id, text }) => ctx.writeAndFlush({ id, shout: text.toUpperCase() }) }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

await using channel = await new Bootstrap()
  .transport(tcp())
  .handler((p) => framed(p).addLast(new JsonCodec<Answer, Question>()))
  .connect(server.localAddress);

for (const [id, text] of ["glued", "together", "粘包"].entries()) channel.write({ id, text });
channel.flush();

for await (const { id, shout } of channel.messages()) {
  console.log(id, shout);
  if (id === 2) break;
}
