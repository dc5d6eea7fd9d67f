/** Handshakes that never become one, and sessions that are resumed; the server goes on after each. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { ManualClock } from "@sluice/core/embedded";
import {
  ApplicationProtocolNegotiationHandler,
  Bootstrap,
  ByteBuf,
  ChannelOption,
  PlaintextEvent,
  TlsContext,
  type TlsHandshakeEvent,
  tls,
  tlsOf,
} from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "./test-certificates.js";
import { ask, failure, gone, TlsScene, turn } from "./tls-scene.js";

const { missing } = TestCertificates;
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

const trusting = () => ({ ca: all.authority.cert });

describe("a channel", () => {
  it("is active when the handshake is complete, tells it next, and then what arrives", async () => {
    const trace: string[] = [];
    const traced = (who: string) => ({
      channelActive: () => void trace.push(`${who} active`),
      userEventTriggered: (_ctx: unknown, event: unknown) => {
        const { session, durationMs } = event as TlsHandshakeEvent;
        trace.push(`${who} ${session?.protocol} ${session?.serverName} ${durationMs > 0}`);
      },
      channelRead: (_ctx: unknown, bytes: ByteBuf) => void trace.push(`${who} ${bytes}`),
    });
    await using scene = await TlsScene.serve(all.localhost, { handler: (p) => void p.addLast(traced("server")) });
    const channel = await scene.connect(trusting(), (p) => void p.addLast(traced("client")));
    await channel.send(ByteBuf.from("hello"));
    await expect.poll(() => trace.length).toBe(5);
    expect(trace.filter((line) => line.startsWith("client"))).toEqual([
      "client active",
      "client TLSv1.3 localhost true",
    ]);
    expect(trace.filter((line) => line.startsWith("server"))).toEqual([
      "server active",
      "server TLSv1.3 localhost true",
      "server hello",
    ]);
    expect(tlsOf(channel)).toMatchObject({ cipher: expect.stringMatching(/^TLS_/), resumed: false });
  });

  it("tells a failed handshake before its error, and is never active", async () => {
    const trace: string[] = [];
    await using scene = await TlsScene.serve(all.localhost);
    const refused = scene.connect({}, (p) =>
      p.addLast({
        channelActive: () => void trace.push("active"),
        userEventTriggered: (ctx, event) => {
          trace.push(`${(event as TlsHandshakeEvent).error?.code} ${ctx.channel.isActive}`);
        },
        channelInactive: () => void trace.push("inactive"),
      }),
    );
    expect(await failure(refused)).toBe("TLS_UNKNOWN_CA");
    expect(trace).toEqual(["TLS_UNKNOWN_CA false"]);
    await expect.poll(() => scene.errors).toEqual(["TLS_HANDSHAKE_FAILED"]);
    expect(scene.server.children.size).toBe(0);
  });
});

describe("a server", () => {
  it.each<[what: string, bytes: () => Uint8Array, code: string]>([
    ["plain text", () => Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "TLS_PLAINTEXT"],
    ["one letter", () => Buffer.from("x"), "TLS_PLAINTEXT"],
    ["a record that is none", () => Buffer.from("1603010005ffffffffff", "hex"), "TLS_HANDSHAKE_FAILED"],
    ["garbage that begins like a record", () => Buffer.concat([Buffer.of(0x16), randomBytes(400)]), "TLS_"],
  ])("goes on after a client that sends %s", async (_what, bytes, code) => {
    await using scene = await TlsScene.serve(all.localhost);
    for (const cut of [1, 7, 400]) {
      const socket = await scene.raw();
      const sent = bytes();
      for (let at = 0; at < sent.length; at += cut) {
        socket.write(sent.subarray(at, at + cut));
        await turn();
      }
      socket.end();
      await gone(socket);
    }
    await expect.poll(() => scene.errors.length).toBe(3);
    for (const error of scene.errors) expect(error.startsWith(code)).toBe(true);
    expect(await scene.echoes(trusting())).toBe("hello");
  });

  it("goes on after clients that leave in the middle, or reset", async () => {
    await using scene = await TlsScene.serve(all.localhost);
    const hello = await clientHello();
    for (const length of [0, 5, 100]) {
      const leaving = await scene.raw();
      leaving.end(hello.subarray(0, length));
      await gone(leaving);
    }
    const resetting = await scene.raw();
    await expect.poll(() => scene.children.length).toBe(4);
    resetting.resetAndDestroy();
    await expect.poll(() => scene.errors.length).toBe(4);
    expect(scene.errors).toEqual([...Array(3).fill("TLS_HANDSHAKE_FAILED"), "CONNECTION_RESET"]);
    expect(await scene.echoes(trusting())).toBe("hello");
  });

  it("lets go of clients that say nothing, or only half of it", async () => {
    const clock = new ManualClock();
    await using scene = await TlsScene.serve({ ...all.localhost, handshakeTimeoutMs: 5_000 }, { clock });
    const hello = await clientHello();
    const silent = await scene.raw();
    const half = await scene.raw();
    half.write(hello.subarray(0, 60));
    await expect.poll(() => scene.children.length).toBe(2);
    clock.advance(4_999);
    await turn();
    expect(scene.errors).toEqual([]);
    clock.advance(1);
    expect(scene.errors).toEqual(["HANDSHAKE_TIMEOUT", "HANDSHAKE_TIMEOUT"]);
    await Promise.all([silent, half].map(gone));
    expect(await scene.echoes(trusting())).toBe("hello");
    // A handshake that is complete has no deadline any more.
    const channel = await scene.connect(trusting());
    expect(await ask(channel, "hello")).toBe("hello");
    clock.advance(100_000);
    expect(await ask(channel, "still")).toBe("still");
  });

  it("closes clients in the middle of their handshake when it shuts down", async () => {
    const scene = await TlsScene.serve(all.localhost);
    const silent = await scene.raw();
    await expect.poll(() => scene.children.length).toBe(1);
    expect(await scene.server.shutdown()).toMatchObject({ forced: 0 });
    await gone(silent);
    await scene[Symbol.asyncDispose]();
  });
});

describe("a client", () => {
  async function silentServer() {
    const accepted: net.Socket[] = [];
    const server = net.createServer((socket) => void accepted.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      accepted,
      address: { host: "127.0.0.1", port: (server.address() as net.AddressInfo).port },
      [Symbol.dispose]() {
        for (const socket of accepted) socket.destroy();
        server.close();
      },
    };
  }

  it("waits for a silent server as long as a handshake may take", async () => {
    using server = await silentServer();
    const clock = new ManualClock();
    const connecting = failure(new Bootstrap().transport(tls(trusting())).clock(clock).connect(server.address));
    await expect.poll(() => server.accepted.length).toBe(1);
    await turn();
    clock.advance(10_000);
    expect(await connecting).toBe("HANDSHAKE_TIMEOUT");
  });

  it("waits no longer than it may take to connect, or until it is told to stop", async () => {
    using server = await silentServer();
    const clock = new ManualClock();
    const bootstrap = new Bootstrap().transport(tls(trusting())).clock(clock);
    const connecting = failure(bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 3_000).connect(server.address));
    await expect.poll(() => server.accepted.length).toBe(1);
    clock.advance(3_000);
    expect(await connecting).toBe("CONNECT_TIMEOUT");
    const stop = new AbortController();
    const stopped = failure(bootstrap.connect({ ...server.address, signal: stop.signal }));
    await expect.poll(() => server.accepted.length).toBe(2);
    stop.abort();
    expect(await stopped).toBe("ABORTED");
    await Promise.all(server.accepted.map(gone));
  });

  it("recognizes a server that speaks plain text", async () => {
    using server = await silentServer();
    const connecting = failure(new Bootstrap().transport(tls(trusting())).connect(server.address));
    await expect.poll(() => server.accepted.length).toBe(1);
    server.accepted[0]?.write("220 mail.example.org ESMTP\r\n");
    expect(await connecting).toBe("TLS_PLAINTEXT");
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("sessions, %s", (maxVersion) => {
  it("are resumed, certificates of clients with them", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, ...trusting(), clientAuth: "require" });
    const { cert, key } = all.issue("client", { names: "DNS:client", usage: "clientAuth" });
    const context = new TlsContext({ ...trusting(), cert, key, maxVersion });
    for (let i = 0; i < 3; i++) expect(await scene.echoes({ context })).toBe("hello");
    expect(scene.handshakes.map(({ session }) => session?.resumed)).toEqual([false, true, true]);
    expect(scene.handshakes.map(({ session }) => session?.peerCertificate?.subject)).toEqual(
      Array(3).fill("CN=client"),
    );
    // Who exchanges certificates starts afresh.
    context.reload(trusting());
    expect(await scene.echoes({ context })).toBe("hello");
    expect(scene.handshakes[3]?.session?.resumed).toBe(false);
  });

  it("are not kept if told so, nor when anybody is accepted", async () => {
    await using scene = await TlsScene.serve(all.localhost);
    for (const options of [
      { ...trusting(), sessionCacheSize: 0 },
      { ...trusting(), dangerouslyAcceptAnyCertificate: true },
    ]) {
      const context = new TlsContext({ ...options, maxVersion });
      for (let i = 0; i < 2; i++) expect(await scene.echoes({ context })).toBe("hello");
    }
    expect(scene.handshakes.some(({ session }) => session?.resumed)).toBe(false);
  });
});

describe("one port for TLS and plain text", () => {
  const serve = (events: unknown[]) =>
    TlsScene.serve(
      { ...all.localhost, allowPlaintext: true },
      {
        handler: (p) =>
          void p.addLast({
            userEventTriggered: (_ctx, event) => void events.push(event === PlaintextEvent ? "plain" : "tls"),
            channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes),
          }),
      },
    );

  it("tells them apart by the first byte", async () => {
    const events: unknown[] = [];
    await using scene = await serve(events);
    const plain = await scene.raw();
    for (const piece of ["h", "ello"]) {
      plain.write(piece);
      const [echoed] = await once(plain, "data");
      expect(String(echoed)).toBe(piece);
    }
    expect(await scene.echoes(trusting())).toBe("hello");
    expect(events).toEqual(["plain", "tls"]);
    expect(tlsOf(scene.children[0]!)).toBeUndefined();
    expect(scene.errors).toEqual([]);
  });

  it("waits no longer for it than for a handshake, and minds nobody who leaves without one", async () => {
    const clock = new ManualClock();
    await using scene = await TlsScene.serve({ ...all.localhost, allowPlaintext: true }, { clock });
    const leaving = await scene.raw();
    leaving.end();
    await gone(leaving);
    expect(scene.errors).toEqual([]);
    const silent = await scene.raw();
    await expect.poll(() => scene.children.length).toBe(2);
    clock.advance(10_000);
    expect(scene.errors).toEqual(["HANDSHAKE_TIMEOUT"]);
    await gone(silent);
  });

  it("delivers the first bytes when they are asked for", async () => {
    const got: string[] = [];
    await using scene = await TlsScene.serve(
      { ...all.localhost, allowPlaintext: true },
      {
        configure: (b) => b.childOption(ChannelOption.AUTO_READ, false),
        handler: (p) => void p.addLast({ channelRead: (_ctx, bytes) => void got.push(bytes.toString()) }),
      },
    );
    const plain = await scene.raw();
    plain.write("one");
    await expect.poll(() => scene.children[0]?.isActive).toBe(true);
    plain.write("two");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(got).toEqual([]);
    scene.children[0]?.read();
    await expect.poll(() => got).toEqual(["one"]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(got).toEqual(["one"]);
    scene.children[0]?.read();
    await expect.poll(() => got).toEqual(["one", "two"]);
  });
});

it("a pipeline is built for the protocol that was negotiated", async () => {
  const speak = (greeting: string) => (pipeline: { addLast(handler: object): unknown }) =>
    pipeline.addLast({
      channelActive: (ctx: { writeAndFlush(bytes: ByteBuf): void }) => ctx.writeAndFlush(ByteBuf.from(greeting)),
    });
  await using scene = await TlsScene.serve(
    { ...all.localhost, alpnProtocols: ["two", "one"] },
    {
      handler: (p) =>
        void p.addLast(
          new ApplicationProtocolNegotiationHandler({
            protocols: { one: speak("this is one"), two: speak("this is two") },
            fallbackProtocol: "one",
          }),
        ),
    },
  );
  for (const [alpnProtocols, greeting] of [
    [["one"], "this is one"],
    [["one", "two"], "this is two"],
    [[], "this is one"],
  ] as const) {
    const channel = await scene.connect({ ...trusting(), alpnProtocols });
    const { value } = await channel.messages().next();
    expect(value?.toString()).toBe(greeting);
  }
});

/** What Node's client says first. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const connection = once(server, "connection");
  const connecting = new Bootstrap()
    .transport(tls({}))
    .connect({ host: "127.0.0.1", port: (server.address() as net.AddressInfo).port });
  const failed = failure(connecting);
  const [socket] = (await connection) as [net.Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  await failed;
  server.close();
  return bytes;
}
