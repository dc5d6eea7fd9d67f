import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import {
  AttributeKey,
  Bootstrap,
  ByteBuf,
  type Channel,
  type ChannelHandler,
  type ChannelHandlerContext,
  LengthFieldBasedFrameDecoder,
  ServerBootstrap,
  type ServerChannel,
  tcp,
} from "sluice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** What goes wrong on real networks: the process lives, the channel closes with the right code, nothing is unhandled. */
describe("failures", () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const cleanUp: (() => unknown)[] = [];

  beforeEach(() => {
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
  });

  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  it("a peer that is killed in mid-frame", async () => {
    const { server, next } = await serve(framer);
    const peer = peerProcess(server);
    const channel = await next();
    await received(channel);
    peer.kill("SIGKILL");
    expect(await closeCause(channel)).toMatchObject({ code: "FRAME_TRUNCATED", length: 6 });
  });

  it("a reset in mid-frame", async () => {
    const { server, next } = await serve(framer);
    const socket = await rawClient(server);
    const channel = await next();
    socket.write(Buffer.from([0, 0, 0, 9, 1, 2]));
    await received(channel);
    socket.resetAndDestroy();
    expect(await closeCause(channel)).toMatchObject({ code: "CONNECTION_RESET" });
  });

  it("a write after close", async () => {
    const { server } = await serve(() => []);
    const channel = await new Bootstrap().transport(tcp()).connect({ host: "127.0.0.1", port: portOf(server) });
    const errors: unknown[] = [];
    channel.on("error", (error) => errors.push(error));
    await channel.close();
    channel.write(ByteBuf.from("nobody awaits this"));
    await expect(channel.writeAndFlush(ByteBuf.from("awaited"))).rejects.toMatchObject({ code: "CHANNEL_CLOSED" });
    await expect.poll(() => errors).toMatchObject([{ code: "CHANNEL_CLOSED" }]);
  });

  it("a length field of 4 GiB", async () => {
    const { server, next } = await serve(framer);
    const socket = await rawClient(server);
    const channel = await next();
    const before = process.memoryUsage().arrayBuffers;
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    expect(await closeCause(channel)).toMatchObject({ code: "FRAME_TOO_LONG", limit: 1024 * 1024 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    const again = await rawClient(server);
    expect(again.readyState).toBe("open");
  });

  const methods = [
    "handlerAdded",
    "handlerRemoved",
    "channelActive",
    "channelRead",
    "channelReadComplete",
    "channelWritabilityChanged",
    "userEventTriggered",
    "exceptionCaught",
    "channelInactive",
    "bind",
    "connect",
    "disconnect",
    "read",
    "write",
    "flush",
    "shutdownOutput",
    "close",
  ] as const satisfies readonly (keyof ChannelHandler)[];

  it.each(methods)("a handler that throws in %s", async (method) => {
    const { server, next } = await serve(() => [throwsIn(method), worksHard()]);
    const socket = await rawClient(server);
    socket.on("error", () => {});
    const channel = await next();
    socket.write("hello");
    socket.end();
    await closeCause(channel);
    expect(channel.isOpen).toBe(false);
    const other = await rawClient(server);
    expect(other.readyState).toBe("open");
  });

  it("a handler that throws in every one of its methods", async () => {
    const { server, next } = await serve(() => [throwsIn(...methods), worksHard()]);
    const socket = await rawClient(server);
    socket.on("error", () => {});
    const channel = await next();
    socket.write("hello");
    socket.end();
    await closeCause(channel);
  });

  async function serve(
    handlers: () => ChannelHandler[],
  ): Promise<{ server: ServerChannel; next: () => Promise<Channel> }> {
    const accepted: Channel[] = [];
    const server = await new ServerBootstrap()
      .transport(tcp())
      .childHandler((pipeline) => {
        accepted.push(pipeline.channel);
        for (const handler of [...handlers(), notesArrival()]) pipeline.addFirst(handler);
      })
      .bind({ host: "127.0.0.1", port: 0 });
    cleanUp.push(() => server.shutdown({ timeoutMs: 500 }));
    return {
      server,
      next: async () => {
        await expect.poll(() => accepted.length, { timeout: 10_000 }).toBeGreaterThan(0);
        return accepted.shift() as Channel;
      },
    };
  }

  async function rawClient(server: ServerChannel): Promise<net.Socket> {
    const socket = net.connect(portOf(server), "127.0.0.1");
    cleanUp.push(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  }

  /** Another process that sends the beginning of a frame and then nothing. */
  function peerProcess(server: ServerChannel): ChildProcess {
    const code = `const s = require("node:net").connect(${portOf(server)}, "127.0.0.1");
      s.write(Buffer.from([0, 0, 0, 9, 1, 2])); setTimeout(() => {}, 20_000);`;
    const child = spawn(process.execPath, ["-e", code], { stdio: "ignore" });
    cleanUp.push(() => child.kill("SIGKILL"));
    return child;
  }
});

function framer(): ChannelHandler[] {
  return [new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4 })];
}

/** Does everything a handler can do, so that every method of its neighbour is called. */
function worksHard(): ChannelHandler {
  return {
    channelActive(ctx: ChannelHandlerContext) {
      ctx.fireUserEventTriggered("event");
      ctx.fireChannelActive();
    },
    channelRead(ctx: ChannelHandlerContext, message: unknown) {
      ctx.fireChannelRead(message);
      ctx.fireUserEventTriggered("event");
      ctx.fireChannelWritabilityChanged();
      ctx.writeAndFlush(ByteBuf.from("reply"));
      ctx.read();
      ctx.connect({ port: 1 });
      ctx.bind({ port: 1 });
      ctx.shutdownOutput();
      ctx.disconnect();
      ctx.close();
      throw new Error("and this as well");
    },
  };
}

function throwsIn(...methods: readonly string[]): ChannelHandler {
  return Object.fromEntries(
    methods.map((method) => [
      method,
      () => {
        throw new Error(`thrown in ${method}`);
      },
    ]),
  );
}

async function closeCause(channel: Channel): Promise<Error | undefined> {
  await channel.closed;
  return channel.closeCause;
}

/** Waits until the channel has been given bytes. */
function received(channel: Channel): Promise<void> {
  return expect.poll(() => channel.attr(ARRIVED).get(), { timeout: 10_000 }).toBeDefined();
}

const ARRIVED = new AttributeKey<boolean>("arrived");

function notesArrival(): ChannelHandler {
  return {
    channelRead(ctx: ChannelHandlerContext, message: unknown) {
      ctx.fireChannelRead(message);
      ctx.channel.attr(ARRIVED).set(true);
    },
  };
}

function portOf(server: ServerChannel): number {
  return (server.localAddress as { port: number }).port;
}
