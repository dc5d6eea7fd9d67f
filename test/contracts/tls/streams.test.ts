/** What TCP promises holds over TLS: order, back-pressure, bounds and last words; and TLS's own end of stream. */

import { once } from "node:events";
import net from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { ByteBuf, ChannelInputShutdownEvent, ChannelOption, CloseDelimitedFrameDecoder, type TlsOptions } from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "./test-certificates.js";
import { codeOf, failure, type ServeOptions, TlsScene } from "./tls-scene.js";

const { missing } = TestCertificates;
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

const MIB = 1024 * 1024;

describe.each([
  ["TLSv1.2", true],
  ["TLSv1.3", true],
  ["TLSv1.3", false],
] as const)("%s, shared read buffer: %s", (maxVersion, sharedReadBuffer) => {
  const trusting = () => ({ ca: all.authority.cert, maxVersion, sharedReadBuffer });
  const serve = (more: ServeOptions = {}, options: TlsOptions = {}) =>
    TlsScene.serve({ ...all.localhost, sharedReadBuffer, ...options }, more);

  /** Node's own client: what it gets is what was sent. */
  async function nodeClient(scene: TlsScene, allowHalfOpen = false): Promise<TLSSocket> {
    const options = { ca: all.authority.cert, maxVersion, host: "localhost", port: scene.port, allowHalfOpen };
    const socket = connectTls(options);
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    return socket;
  }

  it("carries 8 MiB unchanged and in order through mixed message sizes", async () => {
    await using scene = await serve();
    const channel = await scene.connect(trusting());
    const sent: Uint8Array[] = [];
    let total = 0;
    const sending = (async () => {
      for (let i = 0; total < 8 * MIB; i++) {
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
      if (received >= 8 * MIB && received === total) break;
    }
    await sending;
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  });

  it("makes one record of the flushes of one burst", async () => {
    await using scene = await serve({
      handler: (p) =>
        void p.addLast({
          channelRead(ctx, bytes) {
            while (bytes.isReadable()) ctx.writeAndFlush(bytes.readSlice(1));
          },
        }),
    });
    const socket = await nodeClient(scene);
    socket.write("abcdefgh");
    const [first] = await once(socket, "data");
    expect(String(first)).toBe("abcdefgh");
    socket.destroy();
  });

  it("delivers nothing without auto-read until read() asks, then one burst", async () => {
    const got: string[] = [];
    await using scene = await serve({
      configure: (b) => b.childOption(ChannelOption.AUTO_READ, false),
      handler: (p) => void p.addLast({ channelRead: (_ctx, bytes) => void got.push(bytes.toString()) }),
    });
    const socket = await nodeClient(scene);
    for (const text of ["one", "two"]) {
      socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(got).toEqual([]);
    scene.children[0]?.read();
    await expect.poll(() => got).toEqual(["one"]);
    scene.children[0]?.read();
    await expect.poll(() => got).toEqual(["one", "two"]);
    socket.destroy();
  });

  it("stays within the hard cap while the peer does not read, and becomes writable again when it does", async () => {
    await using scene = await serve({
      configure: (b) => b.childOption(ChannelOption.AUTO_READ, false),
      handler: (p) => void p.addLast({ channelRead: () => {} }),
    });
    const channel = await scene.connect(trusting());
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, MIB);
    const piece = ByteBuf.from(new Uint8Array(64 * 1024));
    const outcomes: (string | undefined)[] = [];
    for (let i = 0; i < 2000 && !outcomes.includes("OUTBOUND_BUFFER_FULL"); i++) {
      const index = outcomes.push(undefined) - 1;
      channel.writeAndFlush(piece.duplicate()).addListener((error) => {
        outcomes[index] = error === undefined ? "sent" : codeOf(error);
      });
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(outcomes.at(-1)).toBe("OUTBOUND_BUFFER_FULL");
    expect(channel.isWritable).toBe(false);
    expect(channel.engine.queue.pendingBytes).toBeLessThanOrEqual(MIB);
    for (const child of scene.children) child.autoRead = true;
    await expect.poll(() => channel.isWritable, { timeout: 5_000 }).toBe(true);
    await expect
      .poll(() => outcomes.slice(0, -1).every((outcome) => outcome === "sent"), { timeout: 5_000 })
      .toBe(true);
  });

  it("sends what is flushed before an orderly close, though the peer is slow", async () => {
    await using scene = await serve({
      handler: (p) =>
        void p.addLast({
          channelActive(ctx) {
            ctx.writeAndFlush(ByteBuf.from(new Uint8Array(4 * MIB)));
            ctx.close();
          },
        }),
    });
    const socket = await nodeClient(scene);
    let received = 0;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received).toBe(4 * MIB);
  });

  it("does not lose its last words when it closes with unread input", async () => {
    await using scene = await serve({
      handler: (p) =>
        void p.addLast({
          channelRead(ctx) {
            ctx.writeAndFlush(ByteBuf.from("go away"));
            ctx.close();
          },
        }),
    });
    const socket = await nodeClient(scene);
    socket.write(Buffer.alloc(MIB));
    let received = "";
    for await (const chunk of socket) received += String(chunk);
    expect(received).toBe("go away");
  });

  it("half-closes both ways", async () => {
    const events: unknown[] = [];
    await using scene = await serve({
      configure: (b) => b.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true),
      handler: (p) =>
        void p.addLast({
          userEventTriggered(ctx, event) {
            if (event !== ChannelInputShutdownEvent) return;
            events.push(event);
            ctx.writeAndFlush(ByteBuf.from("still here"));
            ctx.close();
          },
        }),
    });
    const channel = await scene.connect(trusting());
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    await channel.shutdownOutput();
    expect(await failure(channel.send(ByteBuf.from("x")))).toBe("OUTPUT_SHUTDOWN");
    const { value } = await channel.messages().next();
    expect(value?.toString()).toBe("still here");
    await channel.closed;
    expect(channel.closeCause).toBeUndefined();
    expect(events).toHaveLength(1);
  });

  it("loses nothing that a slow reader has not read when both directions have ended", async () => {
    await using scene = await serve({
      configure: (b) => b.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true),
      handler: (p) =>
        void p.addLast({
          userEventTriggered(ctx, event) {
            if (event !== ChannelInputShutdownEvent) return;
            ctx.writeAndFlush(ByteBuf.from(new Uint8Array(100_000)));
            ctx.close();
          },
        }),
    });
    let received = 0;
    const channel = await scene.connect(
      trusting(),
      (p) =>
        void p.addLast({
          channelRead(_ctx, bytes) {
            received += bytes.readableBytes;
          },
        }),
      (b) => b.option(ChannelOption.AUTO_READ, false).option(ChannelOption.ALLOW_HALF_CLOSURE, true),
    );
    await channel.shutdownOutput();
    await new Promise((resolve) => setTimeout(resolve, 50));
    while (channel.isOpen) {
      channel.read();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect([received, channel.closeCause]).toEqual([100_000, undefined]);
  });

  it("breaks on a record that nobody could have sent, and serves the next", async () => {
    await using scene = await serve();
    const raw = await scene.raw();
    const socket = connectTls({ socket: new Tapped(raw), ca: all.authority.cert, maxVersion, servername: "localhost" });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    socket.write("hello");
    await once(socket, "data");
    raw.write(Buffer.concat([Buffer.from("1703030020", "hex"), Buffer.alloc(32)]));
    await expect.poll(() => scene.errors).toEqual(["TLS_PROTOCOL_ERROR"]);
    expect(await scene.echoes(trusting())).toBe("hello");
    socket.destroy();
  });

  describe("the end of a stream", () => {
    const collect = (messages: string[], errors: string[]): ServeOptions => ({
      handler: (p) =>
        void p
          .addLast(new CloseDelimitedFrameDecoder())
          .addLast({ channelRead: (_ctx, message) => void messages.push(message.toString()) })
          .addLast({ exceptionCaught: (_ctx, error) => void errors.push(codeOf(error)) }),
    });

    it("is one when TLS says so", async () => {
      const [messages, errors]: string[][] = [[], []];
      await using scene = await serve(collect(messages!, errors!));
      (await nodeClient(scene)).end("whole");
      await expect.poll(() => scene.server.children.size).toBe(0);
      expect([messages, errors]).toEqual([["whole"], []]);
    });

    it("is TLS_TRUNCATED when only TCP does, and nothing is taken for whole", async () => {
      const [messages, errors]: string[][] = [[], []];
      await using scene = await serve(collect(messages!, errors!));
      await cutOff(scene, "half");
      expect([messages, errors]).toEqual([[], ["TLS_TRUNCATED", "FRAME_TRUNCATED"]]);
      expect(scene.children[0]?.closeCause).toMatchObject({ code: "TLS_TRUNCATED" });
    });

    it("may be TCP's where messages say how long they are", async () => {
      const [messages, errors]: string[][] = [[], []];
      await using scene = await serve(collect(messages!, errors!), { requireCloseNotify: false });
      await cutOff(scene, "half");
      expect([messages, errors]).toEqual([["half"], []]);
    });

    /** A client behind a relay that ends TCP's stream, as whoever stands between two ends can. */
    async function cutOff(scene: TlsScene, text: string): Promise<void> {
      const toServer = await scene.raw();
      const relay = net.createServer((fromClient) => {
        fromClient.on("error", () => {}).pipe(toServer, { end: false });
        toServer.pipe(fromClient);
      });
      await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
      const { port } = relay.address() as net.AddressInfo;
      const client = connectTls({ host: "localhost", port, ca: all.authority.cert, maxVersion });
      client.on("error", () => {});
      await once(client, "secureConnect");
      client.write(text);
      await expect.poll(() => scene.children[0]?.isActive).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 30));
      toServer.end();
      await expect.poll(() => scene.server.children.size).toBe(0);
      client.destroy();
      relay.close();
    }
  });
});

/** A socket that others may write to as well. */
class Tapped extends Duplex {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (chunk) => this.push(chunk));
    socket.on("end", () => this.push(null));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#socket.write(chunk, callback);
  }
}
