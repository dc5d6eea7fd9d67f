/** How often a socket is written to: each call is a system call, the dearest thing a server does. */

import { once } from "node:events";
import { connect, Socket } from "node:net";
import {
  Bootstrap,
  ByteBuf,
  ChannelGroup,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  type ChannelPipeline,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  ServerBootstrap,
  type ServerChannel,
  tcp,
} from "sluice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

type Internals = { _write: (...args: unknown[]) => void; _writev: (...args: unknown[]) => void };

const internals = Socket.prototype as unknown as Internals;
const { _write, _writev } = internals;
/** By local port: what a server's sockets, which share one, have been asked to write. */
const calls = new Map<number, number>();

beforeEach(() => {
  calls.clear();
  internals._write = counted(_write);
  internals._writev = counted(_writev);
});

afterEach(() => {
  Object.assign(internals, { _write, _writev });
});

describe("a server that flushes after every frame", () => {
  it.each([
    [1, 64],
    [256, 64],
    [4, 16 * 1024],
  ])("writes once a read: %i frames of %i bytes", async (count, size) => {
    const meter = new BurstMeter();
    await using server = await listen((p) => p.addLast(meter));
    const frames = framesOf(count, size);
    await exchange(server, frames, frames.length);
    expect(meter.bursts).toBeGreaterThan(0);
    expect(calls.get(portOf(server)) ?? 0).toBeLessThanOrEqual(meter.bursts);
  });

  it("writes once to each member of a group", async () => {
    const members = new ChannelGroup();
    await using server = await listen((p) =>
      p.addLast({
        channelActive: (ctx) => void members.add(ctx.channel),
        channelRead: (_ctx, frame) => void members.writeAndFlush(frame),
      }),
    );
    const frames = framesOf(1, 64);
    const listeners = Array.from({ length: 9 }, () => connect(portOf(server), "127.0.0.1"));
    const heard = listeners.map((socket) => once(socket, "data"));
    await Promise.all(listeners.map((socket) => once(socket, "connect")));
    await expect.poll(() => members.size).toBe(9);
    await exchange(server, frames, frames.length);
    await Promise.all(heard);
    for (const socket of listeners) socket.destroy();
    expect(calls.get(portOf(server))).toBe(10);
  });
});

describe("a client", () => {
  it("that writes a hundred messages and flushes once writes once", async () => {
    await using server = await listen((p) => p.addLast({ channelRead() {} }));
    await using channel = await new Bootstrap()
      .transport(tcp())
      .handler((p) => p.addLast(new LengthFieldPrepender({ lengthFieldLength: 4 })))
      .connect(server.localAddress);
    for (let i = 0; i < 99; i++) channel.write(ByteBuf.from("one of a hundred"));
    await channel.writeAndFlush(ByteBuf.from("the last of a hundred"));
    expect(calls.get((channel.localAddress as { port: number }).port)).toBe(1);
  });
});

/** Echoes, and counts the bursts in which it did. */
class BurstMeter extends ChannelInboundHandler<ByteBuf> {
  bursts = 0;
  #frames = 0;

  override channelRead(ctx: ChannelHandlerContext, frame: ByteBuf): void {
    this.#frames++;
    ctx.writeAndFlush(frame);
  }

  override channelReadComplete(): void {
    if (this.#frames > 0) this.bursts++;
    this.#frames = 0;
  }
}

/** @param end adds what stands behind the framing */
function listen(end: (p: ChannelPipeline<ByteBuf, ByteBuf>) => ChannelPipeline): Promise<ServerChannel> {
  return new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      end(
        p
          .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
          .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 })),
      ),
    )
    .bind({ host: "127.0.0.1", port: 0 });
}

/** Sends everything in one piece, and waits for as many bytes. */
async function exchange(server: ServerChannel, bytes: Uint8Array, expected: number): Promise<void> {
  const socket = connect(portOf(server), "127.0.0.1");
  socket.write(bytes);
  let got = 0;
  for await (const chunk of socket) {
    got += (chunk as Uint8Array).length;
    if (got >= expected) break;
  }
  expect(got).toBe(expected);
}

function framesOf(count: number, size: number): Uint8Array {
  const bytes = new Uint8Array(count * (4 + size));
  for (let i = 0; i < count; i++) new DataView(bytes.buffer).setUint32(i * (4 + size), size);
  return bytes;
}

function portOf(server: ServerChannel): number {
  return (server.localAddress as { port: number }).port;
}

function counted(original: (...args: unknown[]) => void) {
  return function (this: Socket, ...args: unknown[]): void {
    const port = this.localPort ?? 0;
    calls.set(port, (calls.get(port) ?? 0) + 1);
    original.apply(this, args);
  };
}
