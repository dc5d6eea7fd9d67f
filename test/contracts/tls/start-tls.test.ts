/** TLS in the middle of a connection: what is plain stays plain, and counts for nothing once TLS has been asked for. */

import { once } from "node:events";
import net from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { ManualClock } from "@sluice/core/embedded";
import { local } from "@sluice/core/local";
import {
  Bootstrap,
  type ByteBuf,
  type Channel,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  type ChannelPipeline,
  type Clock,
  type InetAddress,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  StringDecoder,
  startTls,
  TlsContext,
  TlsHandshakeEvent,
  tcp,
  tlsOf,
} from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "./test-certificates.js";
import { codeOf, failure, gone, turn } from "./tls-scene.js";

const { missing } = TestCertificates;
let all: TestCertificates;
let trusting: TlsContext;
beforeAll(() => {
  if (missing !== undefined) return;
  all = new TestCertificates();
  trusting = new TlsContext({ ca: all.authority.cert });
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

function lines(pipeline: ChannelPipeline<ByteBuf, ByteBuf>) {
  return pipeline.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder());
}

/** Answers lines, each with whether it came over TLS; STARTTLS is answered with 220 and done. */
class Session extends ChannelInboundHandler<string, never, string> {
  readonly seen: string[] = [];
  readonly errors: string[] = [];
  readonly handshakes: TlsHandshakeEvent[] = [];
  readonly #context: TlsContext;
  readonly #greeting: string;

  constructor(context: TlsContext, greeting = "") {
    super();
    this.#context = context;
    this.#greeting = greeting;
  }

  override channelActive(ctx: ChannelHandlerContext<never, string>): void {
    if (this.#greeting !== "") ctx.writeAndFlush(this.#greeting);
  }

  override channelRead(ctx: ChannelHandlerContext<never, string>, line: string): void {
    this.seen.push(line);
    if (line !== "STARTTLS") return ctx.writeAndFlush(`${tlsOf(ctx.channel) === undefined ? "plain" : "tls"} ${line}`);
    ctx.writeAndFlush("220 go ahead");
    startTls(ctx, { context: this.#context, side: "server" });
  }

  override userEventTriggered(_ctx: ChannelHandlerContext, event: unknown): void {
    if (event instanceof TlsHandshakeEvent) this.handshakes.push(event);
  }

  override exceptionCaught(_ctx: ChannelHandlerContext, error: Error): void {
    this.errors.push(codeOf(error));
  }
}

async function serve(options: { greeting?: string; clock?: Clock; shared?: boolean } = {}) {
  const context = new TlsContext(all.localhost);
  const sessions: Session[] = [];
  const bootstrap = new ServerBootstrap().transport(tcp({ sharedReadBuffer: options.shared ?? true }));
  if (options.clock !== undefined) bootstrap.clock(options.clock);
  const server = await bootstrap
    .childHandler((p) => {
      const session = new Session(context, options.greeting);
      sessions.push(session);
      return lines(p).addLast(session);
    })
    .bind({ host: "127.0.0.1", port: 0 });
  const { port } = server.localAddress as InetAddress;
  return {
    server,
    sessions,
    port,
    connect: () =>
      new Bootstrap()
        .transport(tcp({ sharedReadBuffer: options.shared ?? true }))
        .handler(lines)
        .connect({ host: "localhost", port }),
    async raw(): Promise<net.Socket> {
      const socket = net.connect({ host: "127.0.0.1", port });
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    },
    [Symbol.asyncDispose]: () => server.shutdown({ timeoutMs: 1_000 }).then(() => {}),
  };
}

async function say(channel: Channel<string, string>, line: string): Promise<string> {
  await channel.send(line);
  for await (const answer of channel.messages()) return answer;
  throw new Error("no answer");
}

/** A raw client that asks for TLS, and is told to go ahead. */
async function upgraded(socket: net.Socket): Promise<void> {
  socket.write("STARTTLS\r\n");
  expect(String((await once(socket, "data"))[0])).toBe("220 go ahead\n");
}

describe.each([true, false])("startTls, shared read buffer: %s", (shared) => {
  it("secures a connection that began in plain text, decoders and all", async () => {
    await using scene = await serve({ shared });
    const channel = await scene.connect();
    expect(await say(channel, "one")).toBe("plain one");
    expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
    const session = await startTls(channel, { context: trusting, side: "client", servername: "localhost" });
    expect(session).toMatchObject({ protocol: "TLSv1.3", serverName: "localhost", resumed: false });
    expect(tlsOf(channel)).toBe(session);
    expect(await say(channel, "two")).toBe("tls two");
    expect(scene.sessions[0]?.handshakes).toMatchObject([{ isSuccess: true }]);
    await channel.close();
    expect(scene.sessions[0]?.errors).toEqual([]);
  });

  it("sends what was flushed before in plain text, however slow the peer, and the rest over TLS", async () => {
    const greeting = "x".repeat(3 * 1024 * 1024);
    await using scene = await serve({ shared, greeting });
    const socket = await scene.raw();
    // The greeting is still on its way when the request comes.
    socket.write("STARTTLS\r\n");
    await expect.poll(() => scene.sessions[0]?.seen).toEqual(["STARTTLS"]);
    const plain = `${greeting}\n220 go ahead\n`;
    let received = "";
    while (received.length < plain.length) received += String((await once(socket, "data"))[0]);
    expect(received === plain).toBe(true);
    socket.pause();
    const secured = connectTls({ socket, ca: all.authority.cert, servername: "localhost" });
    secured.write("two\r\n");
    expect(String((await once(secured, "data"))[0])).toBe("tls two\n");
    secured.destroy();
  });

  it("takes a handshake that came with the request", async () => {
    await using scene = await serve({ shared });
    const secured = connectTls({
      socket: new EagerClient(await scene.raw(), "STARTTLS\r\n"),
      ca: all.authority.cert,
      servername: "localhost",
    });
    secured.write("two\r\n");
    expect(String((await once(secured, "data"))[0])).toBe("tls two\n");
    expect(scene.sessions[0]?.errors).toEqual([]);
    secured.destroy();
  });
});

describe("plain text behind the request", () => {
  const request = "STARTTLS\r\n";

  it.each(["EVIL\r\n", "EV", "EVIL\r\nMORE\r\nAND MO", "\r\n"])(
    "is refused and never handled: %j",
    async (injected) => {
      await using scene = await serve();
      const bytes = Buffer.from(request + injected);
      // At every cut the same.
      for (let cut = 1; cut <= bytes.length; cut++) {
        const socket = await scene.raw();
        socket.setNoDelay();
        socket.write(bytes.subarray(0, cut));
        const session = () => scene.sessions[cut - 1];
        if (cut < bytes.length) {
          // What comes first has been handled before the rest is sent.
          if (cut >= request.length) await expect.poll(() => session()?.seen.length).toBe(1);
          else await turn();
          socket.write(bytes.subarray(cut));
        }
        await gone(socket);
        expect(session()?.seen).toEqual(["STARTTLS"]);
        expect(session()?.errors).toEqual(["TLS_PLAINTEXT_INJECTED"]);
        expect(session()?.handshakes).toMatchObject([{ error: { code: "TLS_PLAINTEXT_INJECTED" } }]);
      }
      const channel = await scene.connect();
      expect(await say(channel, "one")).toBe("plain one");
      await channel.close();
    },
  );

  it.each(["220 go ahead\r\nEVIL\r\n", "220 go ahead\r\nEV"])("is refused by a client, too: %j", async (answer) => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address() as net.AddressInfo;
    const channel = await new Bootstrap()
      .transport(tcp())
      .handler(lines)
      .connect({ host: "localhost", port: address.port });
    expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
    const securing = startTls(channel, { context: trusting, side: "client", servername: "localhost" });
    expect(await failure(securing)).toBe("TLS_PLAINTEXT_INJECTED");
    await channel.closed;
    server.close();
  });
});

describe("what is written while TLS starts", () => {
  it("waits for a verified peer, and is lost rather than told to another", async () => {
    await using scene = await serve();
    const channel = await scene.connect();
    expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
    const securing = startTls(channel, { context: new TlsContext({}), side: "client", servername: "localhost" });
    const writing = failure(channel.send("secret"));
    expect(await failure(securing)).toBe("TLS_UNKNOWN_CA");
    expect(await writing).toBe("TLS_UNKNOWN_CA");
    await channel.closed;
    expect(channel.closeCause).toMatchObject({ code: "TLS_UNKNOWN_CA" });
    await expect.poll(() => scene.server.children.size).toBe(0);
    expect(scene.sessions[0]?.seen).toEqual(["STARTTLS"]);
  });

  it("is sent when it has", async () => {
    await using scene = await serve();
    const channel = await scene.connect();
    expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
    startTls(channel, { context: trusting, side: "client", servername: "localhost" });
    expect(await say(channel, "two")).toBe("tls two");
    await channel.close();
  });

  it("is sent before a close that comes meanwhile", async () => {
    await using scene = await serve();
    const channel = await scene.connect();
    expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
    startTls(channel, { context: trusting, side: "client", servername: "localhost" });
    channel.writeAndFlush("last");
    await channel.close();
    await expect.poll(() => scene.sessions[0]?.seen).toEqual(["STARTTLS", "last"]);
    expect(scene.sessions[0]?.errors).toEqual([]);
  });
});

it("a peer that does not begin is let go", async () => {
  const clock = new ManualClock();
  await using scene = await serve({ clock });
  const socket = await scene.raw();
  await upgraded(socket);
  clock.advance(10_000);
  await gone(socket);
  expect(scene.sessions[0]?.errors).toEqual(["HANDSHAKE_TIMEOUT"]);
});

it("a peer that leaves instead is told", async () => {
  await using scene = await serve();
  const socket = await scene.raw();
  await upgraded(socket);
  socket.end();
  await gone(socket);
  expect(scene.sessions[0]?.errors).toEqual(["TLS_HANDSHAKE_FAILED"]);
});

it("cannot start where it makes no sense", async () => {
  await using scene = await serve();
  const channel = await scene.connect();
  const client = { context: trusting, side: "client" } as const;
  const code = (expected: string) => expect.objectContaining({ code: expected });
  expect(() => startTls(channel, { ...client, side: "server" })).toThrow(code("INVALID_ARGUMENT"));
  expect(await say(channel, "STARTTLS")).toBe("220 go ahead");
  const securing = startTls(channel, { ...client, servername: "localhost" });
  expect(() => startTls(channel, client)).toThrow(code("INVALID_ARGUMENT"));
  await securing;
  expect(() => startTls(channel, client)).toThrow(code("INVALID_ARGUMENT"));
  await channel.close();
  expect(() => startTls(channel, client)).toThrow(code("CHANNEL_CLOSED"));
  await using server = await new ServerBootstrap()
    .transport(local())
    .childHandler((p) => p)
    .bind({ local: "plain" });
  const inside = await new Bootstrap().transport(local()).connect(server.localAddress);
  expect(() => startTls(inside, client)).toThrow(code("INVALID_ARGUMENT"));
  await inside.close();
});

/** Sends `request` and its first flight in one piece, and skips the line that answers it. */
class EagerClient extends Duplex {
  readonly #socket: net.Socket;
  #request: string | undefined;
  #skipped = false;

  constructor(socket: net.Socket, request: string) {
    super();
    this.#socket = socket;
    this.#request = request;
    let start = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      if (this.#skipped) return void this.push(chunk);
      start = Buffer.concat([start, chunk]);
      const end = start.indexOf("\n");
      if (end < 0) return;
      this.#skipped = true;
      if (end + 1 < start.length) this.push(start.subarray(end + 1));
    });
    socket.on("end", () => this.push(null));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#socket.write(Buffer.concat([Buffer.from(this.#request ?? ""), chunk]), callback);
    this.#request = undefined;
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}
