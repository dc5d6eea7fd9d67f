import {
  Bootstrap,
  type ByteBuf,
  type Channel,
  type ChannelPipeline,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  StringDecoder,
  startTls,
  TlsContext,
  tcp,
} from "sluice";
import { SelfMadeCertificates } from "../tls/self-made-certificates.js";
import { MailSession } from "./mail-session.js";

using certificates = new SelfMadeCertificates();
const serverContext = new TlsContext(certificates.issue("localhost"));
const clientContext = new TlsContext({ ca: certificates.ca });

const lines = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder({ separator: "\r\n" }));

await using server = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => lines(p).addLast(new MailSession(serverContext)))
  .bind({ host: "127.0.0.1", port: 0 });

await using channel = await new Bootstrap().transport(tcp()).handler(lines).connect(server.localAddress);

async function heard(from: Channel<string, string>): Promise<void> {
  for await (const line of from.messages()) return console.log(line);
}

await heard(channel);
for (const command of ["NOOP", "STARTTLS"]) {
  await channel.send(command);
  await heard(channel);
}
await startTls(channel, { context: clientContext, side: "client", servername: "localhost" });
await channel.send("NOOP");
await heard(channel);
