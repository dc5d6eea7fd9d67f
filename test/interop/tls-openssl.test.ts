/** OpenSSL's own client and server at the other end, over TLS 1.2 and 1.3. */

import {
  Bootstrap,
  ByteBuf,
  type ChannelHandlerContext,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  StringDecoder,
  startTls,
  TlsContext,
  type TlsOptions,
  tcp,
  tls,
  tlsOf,
} from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../contracts/tls/test-certificates.js";
import { ask, failure, TlsScene } from "../contracts/tls/tls-scene.js";
import { PeerProcess } from "./peer-process.js";

const { missing } = TestCertificates;
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

const VERSIONS = [
  { version: "TLSv1.2", flag: "-tls1_2" },
  { version: "TLSv1.3", flag: "-tls1_3" },
] as const;

function client(port: number, ...more: string[]): PeerProcess {
  const trust = ["-CAfile", all.authority.certFile, "-verify_return_error", "-verify_hostname", "localhost"];
  return new PeerProcess("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...trust, ...more]);
}

describe.each(VERSIONS)("a Sluice server and s_client, $version", ({ version, flag }) => {
  it("understand each other, and each other's end", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, alpnProtocols: ["echo"] });
    await using peer = client(scene.port, flag, "-alpn", "nothing,echo", "-servername", "localhost");
    peer.write("hello from openssl\n");
    await peer.printed(/hello from openssl$/m);
    await peer.printed(/ALPN protocol: echo/);
    peer.endInput();
    expect(await peer.exit()).toBe(0);
    await expect.poll(() => scene.server.children.size).toBe(0);
    expect(scene.errors).toEqual([]);
    expect(scene.handshakes[0]?.session).toMatchObject({
      protocol: version,
      applicationProtocol: "echo",
      serverName: "localhost",
    });
  });

  it("resume sessions", async () => {
    await using scene = await TlsScene.serve(all.localhost);
    const session = `${all.folder}/session-${version}`;
    for (const [option, cipher] of [
      ["-sess_out", "New"],
      ["-sess_in", "Reused"],
    ] as const) {
      await using peer = client(scene.port, flag, option, session, "-servername", "localhost");
      peer.write("number-one\n");
      await peer.printed(/number-one$/m);
      await peer.printed(new RegExp(`^${cipher}, ${version}`, "m"));
      peer.endInput();
      await peer.exit();
    }
    expect(scene.handshakes.map(({ session }) => session?.resumed)).toEqual([false, true]);
  });

  it("know who the client is", async () => {
    const { certFile, keyFile } = all.issue("client", { names: "DNS:client", usage: "clientAuth" });
    await using scene = await TlsScene.serve({ ...all.localhost, ca: all.authority.cert, clientAuth: "require" });
    await using peer = client(scene.port, flag, "-cert", certFile, "-key", keyFile);
    peer.write("hello-back\n");
    await peer.printed(/hello-back$/m);
    expect(tlsOf(scene.children[0]!)?.peerCertificate?.subject).toBe("CN=client");
    await using stranger = client(scene.port, flag);
    stranger.write("hello-back\n");
    expect(await stranger.exit()).not.toBe(0);
    expect(stranger.output).toMatch(version === "TLSv1.3" ? /certificate required/ : /handshake failure/);
    expect(scene.errors).toEqual(["TLS_CERTIFICATE_REQUIRED"]);
  });

  it("part when the client does not like the certificate; the next is served", async () => {
    const expired = all.issue("expired", { names: "DNS:localhost", days: -1 });
    await using scene = await TlsScene.serve({ ...expired, names: { good: all.localhost } });
    await using peer = client(scene.port, flag);
    expect(await peer.exit()).not.toBe(0);
    await expect.poll(() => scene.errors).toEqual(["TLS_CERTIFICATE_REJECTED"]);
    await using next = client(scene.port, flag, "-servername", "good");
    next.write("hello-back\n");
    await next.printed(/hello-back$/m);
  });
});

it("a server refuses to renegotiate, and serves the next", async () => {
  await using scene = await TlsScene.serve(all.localhost);
  await using peer = client(scene.port, "-tls1_2");
  peer.write("number-one\n");
  await peer.printed(/number-one$/m);
  peer.write("R\n");
  await peer.printed(/RENEGOTIATING/);
  await peer.printed(/no renegotiation/);
  expect(scene.handshakes).toHaveLength(1);
  await using next = client(scene.port, "-tls1_2");
  next.write("number-two\n");
  await next.printed(/number-two$/m);
});

it("a server refuses a client with older versions only", async () => {
  await using scene = await TlsScene.serve({ ...all.localhost, minVersion: "TLSv1.3" });
  await using peer = client(scene.port, "-tls1_2");
  expect(await peer.exit()).not.toBe(0);
  expect(peer.output).toMatch(/protocol version/);
  await expect.poll(() => scene.errors).toEqual(["TLS_PROTOCOL_VERSION"]);
});

it("s_client starts TLS as mail programs do", async () => {
  const context = new TlsContext(all.localhost);
  const seen: string[] = [];
  await using server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder())
        .addLast(new LineEncoder({ separator: "\r\n" }))
        .addLast({
          channelActive: (ctx: ChannelHandlerContext<string, string>) => ctx.writeAndFlush("220 sluice ESMTP"),
          channelRead(ctx: ChannelHandlerContext<string, string>, line: string) {
            const isSecured = tlsOf(ctx.channel) !== undefined;
            seen.push(`${isSecured ? "tls" : "plain"} ${line.split(" ")[0]}`);
            if (line.startsWith("EHLO")) {
              ctx.write("250-sluice");
              ctx.writeAndFlush("250 STARTTLS");
            } else if (line === "STARTTLS") {
              ctx.writeAndFlush("220 go ahead");
              startTls(ctx, { context, side: "server" });
            } else ctx.writeAndFlush(`250 ${line}`);
          },
        }),
    )
    .bind({ host: "127.0.0.1", port: 0 });
  await using peer = client((server.localAddress as { port: number }).port, "-starttls", "smtp", "-crlf");
  peer.write("NOOP\n");
  await peer.printed(/250 NOOP/);
  expect(seen).toEqual(["plain EHLO", "plain STARTTLS", "tls NOOP"]);
});

describe.each(VERSIONS)("a Sluice client and s_server, $version", ({ version, flag }) => {
  async function server(...more: string[]): Promise<{ peer: PeerProcess; port: number }> {
    const own = ["-cert", all.localhost.certFile, "-key", all.localhost.keyFile];
    const peer = new PeerProcess("openssl", ["s_server", "-accept", "127.0.0.1:0", flag, ...own, ...more]);
    const [, port] = await peer.printed(/^ACCEPT \S*:(\d+)/m);
    return { peer, port: Number(port) };
  }

  const connect = (port: number, options: TlsOptions) =>
    new Bootstrap().transport(tls(options)).connect({ host: "localhost", port });

  it("understand each other", async () => {
    const { peer, port } = await server("-rev", "-alpn", "rev");
    await using _ = peer;
    const channel = await connect(port, { ca: all.authority.cert, alpnProtocols: ["rev"] });
    expect(tlsOf(channel)).toMatchObject({ protocol: version, applicationProtocol: "rev" });
    expect(await ask(channel, "eciuls\n")).toBe("sluice\n");
    // s_server ends the connection in order when it is told so.
    await channel.send(ByteBuf.from("CLOSE\n"));
    await channel.closed;
    expect(channel.closeCause).toBeUndefined();
  });

  it("resume sessions, and go on after a client that does not trust it", async () => {
    const { peer, port } = await server("-rev");
    await using _ = peer;
    expect(await failure(connect(port, {}))).toBe("TLS_UNKNOWN_CA");
    expect(await failure(connect(port, { ca: all.authority.cert, servername: "other" }))).toBe("TLS_HOSTNAME_MISMATCH");
    const context = new TlsContext({ ca: all.authority.cert });
    const bootstrap = new Bootstrap().transport(tls({ context }));
    const resumed: (boolean | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      const channel = await bootstrap.connect({ host: "localhost", port });
      expect(await ask(channel, "ba\n")).toBe("ab\n");
      resumed.push(tlsOf(channel)?.resumed);
      await channel.close();
    }
    expect(resumed).toEqual([false, true]);
  });

  it("know who the client is", async () => {
    const { peer, port } = await server(
      "-rev",
      "-Verify",
      "1",
      "-CAfile",
      all.authority.certFile,
      "-verify_return_error",
    );
    await using _ = peer;
    const { cert, key } = all.issue("client", { names: "DNS:client", usage: "clientAuth" });
    const channel = await connect(port, { ca: all.authority.cert, cert, key });
    expect(await ask(channel, "ba\n")).toBe("ab\n");
    await channel.close();
    const refused = connect(port, { ca: all.authority.cert }).then((anonymous) => ask(anonymous, "ba\n"));
    expect(await failure(refused)).toBe(version === "TLSv1.3" ? "TLS_CERTIFICATE_REQUIRED" : "TLS_HANDSHAKE_FAILED");
    const intruder = all.issue("intruder", { names: "DNS:client", by: all.stranger, usage: "clientAuth" });
    const options = { ca: all.authority.cert, cert: intruder.cert, key: intruder.key };
    expect(await failure(connect(port, options).then((c) => ask(c, "ba\n")))).toBe("TLS_CERTIFICATE_REJECTED");
  });
});
