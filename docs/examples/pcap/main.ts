/** Captures a conversation of a server and its client, for Wireshark: `node main.js capture.pcapng`. */
import {
  Bootstrap,
  fileSink,
  LineBasedFrameDecoder,
  LineEncoder,
  PcapCapture,
  PcapWriteHandler,
  ServerBootstrap,
  StringDecoder,
  tcp,
} from "sluice";

const file = process.argv[2] ?? "capture.pcapng";
const capture = new PcapCapture({
  sink: fileSink(file),
  onError: (error) => console.warn(error.message),
});

const server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) =>
    p
      .addLast(new PcapWriteHandler({ capture }))
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder())
      .addLast({ channelRead: (ctx, line) => ctx.writeAndFlush(`you said ${line}`) }),
  )
  .bind({ host: "127.0.0.1", port: 0 });

const client = await new Bootstrap()
  .transport(tcp())
  .handler((p) =>
    p
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder()),
  )
  .connect(server.localAddress);
await client.send("hello");
for await (const line of client.messages()) {
  console.log(line);
  break;
}

await client.close();
await server.shutdown({ quietMs: 100 });
capture.close();
console.log(`${capture.packets} packets in ${file}`);
