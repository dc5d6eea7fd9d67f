// Framed echo as a user of Sluice writes it.
import { LengthFieldBasedFrameDecoder, LengthFieldPrepender, ServerBootstrap, tcp } from "sluice";
import { announce } from "./announce.mjs";

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    p
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
      .addLast({ channelRead: (ctx, frame) => ctx.writeAndFlush(frame) }),
  )
  .bind({ host: "127.0.0.1", port: 0 });
announce(server.localAddress.port);
