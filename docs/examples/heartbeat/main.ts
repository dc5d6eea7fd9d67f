/** A client that answers stays; one that has stopped talking is found out. */
import { connect } from "node:net";
import {
  Bootstrap,
  type ByteBuf,
  ChannelOption,
  type ChannelPipeline,
  HandshakeTimeoutHandler,
  HeartbeatEvent,
  HeartbeatHandler,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  SluiceError,
  StringDecoder,
  tcp,
  textHeartbeat,
} from "sluice";

// Seconds and minutes in real life; see "How long" below.
const beat = { pings: "server", protocol: textHeartbeat(), intervalMs: 300, timeoutMs: 1_500 } as const;

const lines = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder());

await using server = await new ServerBootstrap()
  .transport(tcp())
  .childOption(ChannelOption.SO_KEEPALIVE, true)
  .childOption(ChannelOption.TCP_KEEPIDLE, 60)
  .childHandler((p) => {
    let name = "somebody";
    const handshake = new HandshakeTimeoutHandler({ timeoutMs: 5_000 });
    return lines(p)
      .addLast(handshake)
      .addLast(new HeartbeatHandler({ ...beat, side: "server" }))
      .addLast({
        channelRead(ctx, line) {
          name = line;
          handshake.done();
          ctx.writeAndFlush(`hello ${name}`);
        },
        exceptionCaught(ctx, error) {
          console.log(`server: ${name} is gone, ${error instanceof SluiceError ? error.code : error}`);
          ctx.close();
        },
      });
  })
  .bind({ host: "127.0.0.1", port: 0 });

let beats = 0;
await using client = await new Bootstrap()
  .transport(tcp())
  .handler((p) =>
    lines(p)
      .addLast(new HeartbeatHandler({ ...beat, side: "client" }))
      .addLast({
        userEventTriggered(ctx, event) {
          if (event instanceof HeartbeatEvent && event.kind === "received") beats++;
          ctx.fireUserEventTriggered(event);
        },
      }),
  )
  .connect(server.localAddress);
await client.send("alice");

// Takes part in nothing any more, and does not hang up: its system goes on answering for it.
const { port } = server.localAddress as { port: number };
const silent = connect(port, "127.0.0.1", () => silent.write("bob\n"));
silent.resume();
// It is cut, not closed: nobody waits for the dead.
silent.on("error", () => {});
await new Promise((resolve) => silent.once("close", resolve));

for await (const line of client.messages()) {
  console.log(`client: ${line}`);
  break;
}
console.log(`client: still there, ${beats > 0 ? "asked and answered" : "never asked"}`);
