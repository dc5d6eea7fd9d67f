import { once } from "node:events";
import net from "node:net";
import { Bootstrap, ByteBuf, type Channel, ChannelOption, ServerBootstrap, type ServerChannel } from "@sluice/core";
import { afterEach, describe, expect, it } from "vitest";
import { tcp } from "./tcp.js";

/** The same behaviour is promised whichever way Node hands us the bytes. */
describe.each([
  ["shared read buffer", { sharedReadBuffer: true }],
  ["data events", { sharedReadBuffer: false }],
])("tcp, %s", (_name, options) => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function serve(
    init: Parameters<ServerBootstrap["childHandler"]>[0],
    configure: (b: ServerBootstrap) => ServerBootstrap = (b) => b,
  ): Promise<ServerChannel> {
    const bootstrap = configure(new ServerBootstrap().transport(tcp(options)));
    const server = await bootstrap.childHandler(init).bind({ host: "127.0.0.1", port: 0 });
    open.push({ close: () => server.shutdown({ timeoutMs: 1000 }) });
    return server;
  }

  function port(server: Channel): number {
    return (server.localAddress as { port: number }).port;
  }

  async function rawClient(server: Channel): Promise<net.Socket> {
    const socket = net.connect(port(server), "127.0.0.1");
    open.push({ close: () => socket.destroy() });
    await once(socket, "connect");
    return socket;
  }

  async function client(server: Channel): Promise<Channel<ByteBuf, ByteBuf>> {
    const channel = await new Bootstrap().transport(tcp(options)).connect({ host: "127.0.0.1", port: port(server) });
    open.push({ close: () => channel.close() });
    return channel;
  }

  const echo = (p: Parameters<Parameters<ServerBootstrap["childHandler"]>[0]>[0]) =>
    p.addLast({
      channelRead(ctx, bytes) {
        ctx.writeAndFlush(bytes);
      },
    });

  it("carries bytes both ways and tells addresses", async () => {
    const server = await serve(echo);
    const channel = await client(server);
    await channel.send(ByteBuf.from("hello"));
    const { value } = await channel.messages().next();
    expect(value.toString()).toBe("hello");
    expect(channel.remoteAddress).toMatchObject({ host: "127.0.0.1", port: port(server) });
    const [child] = [...server.children];
    expect(child?.remoteAddress).toEqual(channel.localAddress);
    expect(child?.parent).toBe(server);
  });

  it("connects from the address and port it is told to", async () => {
    const server = await serve(echo);
    const spare = await serve(echo);
    const localPort = port(spare);
    await spare.shutdown();
    const options = { host: "127.0.0.1", port: port(server), localAddress: "127.0.0.1", localPort };
    const channel = await new Bootstrap().transport(tcp()).connect(options);
    open.push({ close: () => channel.close() });
    expect(channel.localAddress).toMatchObject({ host: "127.0.0.1", port: localPort });
  });

  it("delivers 8 MiB unchanged and in order through mixed message sizes", async () => {
    const server = await serve(echo);
    const channel = await client(server);
    const sent: Uint8Array[] = [];
    let total = 0;
    const sending = (async () => {
      for (let i = 0; total < 8 * 1024 * 1024; i++) {
        const bytes = new Uint8Array([1, 100, 5000, 70_000][i % 4] as number).fill(i);
        sent.push(bytes);
        total += bytes.length;
        await channel.send(ByteBuf.from(bytes));
      }
    })();
    const got: Uint8Array[] = [];
    let received = 0;
    for await (const bytes of channel.messages()) {
      got.push(bytes.toUint8Array());
      received += bytes.readableBytes;
      if (received >= 8 * 1024 * 1024 && received === total) break;
    }
    await sending;
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  });

  it("makes one segment of the flushes of one burst", async () => {
    const server = await serve((p) =>
      p.addLast({
        channelRead(ctx, bytes) {
          while (bytes.isReadable()) ctx.writeAndFlush(bytes.readSlice(1));
        },
      }),
    );
    const socket = await rawClient(server);
    socket.write("abcdefgh");
    const [first] = await once(socket, "data");
    expect(String(first)).toBe("abcdefgh");
  });

  it("never rewrites bytes a handler keeps", async () => {
    const kept: ByteBuf[] = [];
    const server = await serve((p) =>
      p.addLast({
        channelRead(ctx, bytes) {
          kept.push(bytes);
          ctx.writeAndFlush(bytes.duplicate());
        },
      }),
    );
    const socket = await rawClient(server);
    for (let i = 0; i < 50; i++) {
      socket.write(String.fromCharCode(65 + (i % 26)).repeat(3000));
      let echoed = 0;
      while (echoed < 3000) echoed += ((await once(socket, "data")) as [Buffer])[0].length;
    }
    const all = kept.map((bytes) => bytes.toString("latin1")).join("");
    let expected = "";
    for (let i = 0; i < 50; i++) expected += String.fromCharCode(65 + (i % 26)).repeat(3000);
    expect(all).toBe(expected);
  });

  it("delivers nothing without auto-read until read() asks, then one burst", async () => {
    const bursts: string[] = [];
    let channel: Channel | undefined;
    const got = () => new Promise<void>((resolve) => (wake = resolve));
    let wake = () => {};
    const server = await serve(
      (p) =>
        p.addLast({
          channelActive: (ctx) => {
            channel = ctx.channel;
            wake();
          },
          channelRead: (_ctx, bytes) => void bursts.push(bytes.toString()),
          channelReadComplete: () => wake(),
        }),
      (b) => b.childOption(ChannelOption.AUTO_READ, false),
    );
    const accepted = got();
    const socket = await rawClient(server);
    await accepted;
    socket.write("one");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(bursts).toEqual([]);
    let burst = got();
    channel?.read();
    await burst;
    expect(bursts).toEqual(["one"]);
    socket.write("two");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(bursts).toEqual(["one"]);
    burst = got();
    channel?.read();
    await burst;
    expect(bursts).toEqual(["one", "two"]);
  });

  it("sends what is flushed before an orderly close, though the peer is slow", async () => {
    const bytes = ByteBuf.from(new Uint8Array(4 * 1024 * 1024).fill(7));
    const server = await serve((p) =>
      p.addLast({
        channelActive(ctx) {
          ctx.writeAndFlush(bytes.duplicate());
          ctx.close();
        },
      }),
    );
    const socket = await rawClient(server);
    let received = 0;
    for await (const chunk of socket) received += (chunk as Buffer).length;
    expect(received).toBe(4 * 1024 * 1024);
  });

  it("does not lose its last words when it closes with unread input", async () => {
    const server = await serve((p) =>
      p.addLast({
        channelRead(ctx) {
          ctx.writeAndFlush(ByteBuf.from("go away"));
          ctx.close();
        },
      }),
    );
    const socket = await rawClient(server);
    socket.on("error", () => {});
    socket.write(Buffer.alloc(1024 * 1024));
    let received = "";
    for await (const chunk of socket) received += String(chunk);
    expect(received).toBe("go away");
  });

  it("fails what is pending when asked to close so", async () => {
    const server = await serve(
      (p) => p.addLast({ channelRead: () => {} }),
      (b) => b.childOption(ChannelOption.AUTO_READ, false),
    );
    const channel = await client(server);
    const writes = [1, 2, 3].map(() => channel.writeAndFlush(ByteBuf.from(new Uint8Array(4 * 1024 * 1024))));
    const settled = Promise.allSettled(writes);
    channel.close({ pendingWrites: "fail" });
    const last = (await settled)[2] as PromiseRejectedResult;
    expect(last.reason).toMatchObject({ code: "CHANNEL_CLOSED" });
    await channel.closed;
  });

  it("half-closes both ways", async () => {
    const events: unknown[] = [];
    const server = await serve(
      (p) =>
        p.addLast({
          userEventTriggered(ctx, event) {
            events.push(event);
            ctx.writeAndFlush(ByteBuf.from("still here"));
            ctx.close();
          },
        }),
      (b) => b.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true),
    );
    const channel = await client(server);
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    await channel.shutdownOutput();
    await expect(channel.send(ByteBuf.from("x"))).rejects.toMatchObject({ code: "OUTPUT_SHUTDOWN" });
    const { value } = await channel.messages().next();
    expect(value.toString()).toBe("still here");
    await channel.closed;
    expect(events).toEqual([{ event: "ChannelInputShutdownEvent" }]);
  });

  it("tells a reset by its code and fails what was pending", async () => {
    const errors: unknown[] = [];
    const closed = new Promise<Error | undefined>((resolve) => {
      serve((p) =>
        p.addLast({
          channelActive(ctx) {
            ctx.channel.on("close", resolve);
            ctx.channel.on("error", (error: Error) => errors.push(error));
          },
        }),
      ).then(async (server) => {
        const socket = await rawClient(server);
        socket.resetAndDestroy();
      });
    });
    expect(await closed).toMatchObject({ code: "CONNECTION_RESET" });
    expect(errors).toMatchObject([{ code: "CONNECTION_RESET" }]);
  });

  it("refuses writes after close with a code", async () => {
    const server = await serve(echo);
    const channel = await client(server);
    await channel.close();
    await expect(channel.writeAndFlush(ByteBuf.from("x"))).rejects.toMatchObject({ code: "CHANNEL_CLOSED" });
  });

  it("says that an encoder is missing when something else than bytes is written", async () => {
    const server = await serve(echo);
    const channel = await client(server);
    await expect(channel.writeAndFlush("text" as never)).rejects.toMatchObject({ code: "UNSUPPORTED_MESSAGE" });
  });

  it("stays within the hard cap while the peer does not read", async () => {
    const server = await serve(
      (p) => p.addLast({ channelRead: () => {} }),
      (b) => b.childOption(ChannelOption.AUTO_READ, false),
    );
    const channel = await client(server);
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, 1024 * 1024);
    const piece = ByteBuf.from(new Uint8Array(64 * 1024));
    let refused: unknown;
    for (let i = 0; i < 2000 && refused === undefined; i++) {
      channel.writeAndFlush(piece.duplicate()).catch((error: unknown) => {
        refused ??= error;
      });
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused).toMatchObject({ code: "OUTBOUND_BUFFER_FULL" });
    expect(channel.isWritable).toBe(false);
    expect(channel.engine.queue.pendingBytes).toBeLessThanOrEqual(1024 * 1024);
    channel.closeForcibly();
    await channel.closed;
  });

  it("reports refusal, time-out and abort of a connection attempt", async () => {
    const server = await serve(echo);
    const free = port(server);
    await server.shutdown();
    const bootstrap = new Bootstrap().transport(tcp(options));
    await expect(bootstrap.connect({ host: "127.0.0.1", port: free })).rejects.toMatchObject({
      code: "CONNECT_REFUSED",
    });
    await expect(
      bootstrap.connect({ host: "127.0.0.1", port: free, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "ABORTED" });
    await expect(bootstrap.connect({ host: "127.0.0.1", port: 700_000 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("reports a taken port", async () => {
    const server = await serve(echo);
    await expect(
      new ServerBootstrap()
        .transport(tcp(options))
        .childHandler(echo)
        .bind({ host: "127.0.0.1", port: port(server) }),
    ).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  });

  it("refuses options it cannot honour", async () => {
    await expect(
      new ServerBootstrap()
        .transport(tcp(options))
        .option(ChannelOption.TCP_NODELAY, true)
        .childHandler(echo)
        .bind({ host: "127.0.0.1", port: 0 }),
    ).rejects.toMatchObject({ code: "OPTION_UNSUPPORTED" });
  });

  it("drains its connections on shutdown and cuts those that do not read", async () => {
    const children: Channel[] = [];
    const server = await serve((p) => p.addLast({ channelActive: (ctx) => void children.push(ctx.channel) }));
    const reading = await rawClient(server);
    await expect.poll(() => children.length).toBe(1);
    children[0]?.writeAndFlush(ByteBuf.from("bye"));
    const deaf = await rawClient(server);
    deaf.pause();
    await expect.poll(() => children.length).toBe(2);
    children[1]?.writeAndFlush(ByteBuf.from(new Uint8Array(12 * 1024 * 1024))).catch(() => {});
    const data = once(reading, "data");
    const report = await server.shutdown({ timeoutMs: 200 });
    expect(String((await data)[0])).toBe("bye");
    expect(report).toEqual({ departed: 0, closed: 1, forced: 1 });
    expect(server.isOpen).toBe(false);
    await expect(client(server)).rejects.toMatchObject({ code: "CONNECT_REFUSED" });
  });
});
