// As a user of Sluice writes it: `sluice.mjs echo | broadcast | idle`, or `sluice.mjs tls CERT KEY`.
import { readFileSync } from "node:fs";
import {
  ChannelGroup,
  ChannelInboundHandler,
  ChannelOption,
  IdleStateHandler,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ServerBootstrap,
  tcp,
  tls,
} from "sluice";
import { announce } from "./announce.mjs";

const MAX_LENGTH = 64 * 1024 * 1024;

const subscribers = new ChannelGroup();

class Echo extends ChannelInboundHandler {
  channelRead(ctx, frame) {
    ctx.writeAndFlush(frame);
  }
}

class Passing extends ChannelInboundHandler {
  channelRead(ctx, frame) {
    ctx.fireChannelRead(frame);
  }
}

const framed = (p) =>
  p
    .addLast(
      new LengthFieldBasedFrameDecoder({ maxFrameLength: MAX_LENGTH, lengthFieldLength: 4, initialBytesToStrip: 4 }),
    )
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));

const ROLES = {
  echo: (p) => framed(p).addLast(new Echo()),

  broadcast: (p) =>
    framed(p).addLast({
      channelActive: (ctx) => subscribers.add(ctx.channel),
      channelRead: (_ctx, frame) => void subscribers.write(frame),
      channelReadComplete: () => subscribers.flush(),
    }),

  /** Five handlers, as an idle connection of a real server has. */
  idle: (p) =>
    framed(p.addLast(new IdleStateHandler({ readerIdleMs: 60_000, writerIdleMs: 60_000 })))
      .addLast(new Passing())
      .addLast(new Echo()),
};

ROLES.tls = ROLES.echo;

const [role, cert, key] = process.argv.slice(2);
const transport = role === "tls" ? tls({ cert: readFileSync(cert), key: readFileSync(key) }) : tcp();

const server = await new ServerBootstrap()
  .transport(transport)
  .option(ChannelOption.SO_BACKLOG, 4096)
  .childHandler(ROLES[role])
  .bind({ host: "127.0.0.1", port: 0 });
announce(server.localAddress.port);
