import {
  ApplicationProtocolNegotiationHandler,
  Bootstrap,
  ByteBuf,
  type ChannelPipeline,
  ServerBootstrap,
  type SluiceError,
  TlsContext,
  type TlsOptions,
  tls,
  tlsOf,
} from "sluice";
import { SelfMadeCertificates } from "./self-made-certificates.js";

using certificates = new SelfMadeCertificates();
const { ca } = certificates;

const speak = (answer: (text: string) => string) => (pipeline: ChannelPipeline<ByteBuf, ByteBuf>) =>
  pipeline.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(ByteBuf.from(answer(bytes.toString()))) });

const context = new TlsContext({
  ...certificates.issue("localhost"),
  names: { "*.example.org": certificates.issue("*.example.org") },
  alpnProtocols: ["shout", "echo"],
});

await using server = await new ServerBootstrap()
  .transport(tls({ context }))
  .childHandler((p) =>
    p.addLast(
      new ApplicationProtocolNegotiationHandler({
        protocols: { shout: speak((text) => text.toUpperCase()), echo: speak((text) => text) },
        fallbackProtocol: "echo",
      }),
    ),
  )
  .bind({ host: "127.0.0.1", port: 0 });

// Clients that do not trust us are no failure of the server.
server.children.on("error", () => {});

async function ask(options: TlsOptions): Promise<void> {
  try {
    await using channel = await new Bootstrap()
      .transport(tls(options))
      .connect({ ...server.localAddress, host: "localhost" });
    await channel.send(ByteBuf.from("hello"));
    const { value } = await channel.messages().next();
    console.log(`${tlsOf(channel)?.peerCertificate?.subject}: ${value}`);
  } catch (error) {
    console.log((error as SluiceError).code);
  }
}

await ask({ ca });
await ask({ ca, alpnProtocols: ["shout"] });
await ask({ ca, servername: "a.example.org" });
await ask({ ca, servername: "elsewhere.com" });
await ask({});

context.reload({ names: { "*.example.org": certificates.issue("new.example.org") } });
await ask({ ca, servername: "new.example.org" });
