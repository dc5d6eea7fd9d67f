/** What a `PcapWriteHandler` has captured is what tshark sees, and nothing in it is wrong. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { local } from "@sluice/core/local";
import {
  type BindOptions,
  Bootstrap,
  ByteBuf,
  ChannelOption,
  type ChannelPipeline,
  DatagramPacket,
  fileSink,
  type InetAddress,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  PcapCapture,
  type PcapCaptureOptions,
  PcapWriteHandler,
  ServerBootstrap,
  type SluiceError,
  type Transport,
  tcp,
  tls,
  udp,
  unix,
} from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../contracts/tls/test-certificates.js";
import { readCapture, requireTshark, type SeenPacket } from "./tshark.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-pcap-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(requireTshark);

/** A capture into a file of its own. */
function capturing(name: string, options: Partial<PcapCaptureOptions> = {}) {
  const errors: SluiceError[] = [];
  const file = join(folder, `${name}.pcapng`);
  const capture = new PcapCapture({ sink: fileSink(file), onError: (error) => errors.push(error), ...options });
  return { file, capture, errors };
}

interface Exchange {
  readonly transport?: Transport<ByteBuf, ByteBuf>;
  readonly at?: BindOptions;
  readonly capture: PcapCapture;
  readonly frames: number;
  readonly frameBytes: number;
}

/** A client sends frames and gets each back; the server's end is captured. Returns the bytes of each direction. */
async function echo({ transport = tcp(), at = LOOPBACK, capture, frames, frameBytes }: Exchange): Promise<number> {
  const framed = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
    p
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));
  await using server = await new ServerBootstrap()
    .transport(transport)
    .childHandler((p) =>
      framed(p.addLast(new PcapWriteHandler({ capture }))).addLast({
        channelRead: (ctx, frame) => ctx.writeAndFlush(frame),
      }),
    )
    .bind(at);
  const client = await new Bootstrap()
    .transport(transport)
    .handler(framed)
    .connect(server.localAddress as InetAddress);
  const messages = client.messages();
  for (let i = 0; i < frames; i++) {
    await client.send(ByteBuf.from(new Uint8Array(frameBytes).fill(i)));
    if (i % 16 < 15 && i < frames - 1) continue;
    for (let j = 0; j <= i % 16; j++) await messages.next();
  }
  await client.close();
  await expect.poll(() => server.children.size).toBe(0);
  capture.close();
  return frames * (frameBytes + 4);
}

/** Payload bytes by sender, in the order of their first packet. */
function payloads(packets: readonly SeenPacket[]): number[] {
  const bytes = new Map<string, number>();
  for (const packet of packets) bytes.set(packet.from, (bytes.get(packet.from) ?? 0) + packet.bytes);
  return [...bytes.values()];
}

describe("tshark agrees", () => {
  it("with an echo of many frames over TCP", async () => {
    const { file, capture, errors } = capturing("echo");
    const bytes = await echo({ capture, frames: 2000, frameBytes: 100 });
    const { packets, conversations } = readCapture(file);
    expect(payloads(packets)).toEqual([bytes, bytes]);
    expect(conversations).toMatchObject([{ frames: capture.packets }]);
    expect([errors, capture.skippedMessages]).toEqual([[], 0]);
  });

  it("with each byte of a short one: headers, payload and packets", async () => {
    const { file, capture } = capturing("short");
    const bytes = await echo({ capture, frames: 1, frameBytes: 10 });
    const { packets, conversations } = readCapture(file);
    expect(packets.map(({ flags, bytes: length }) => `${flags} ${length}`)).toEqual([
      ...["S 0", "AS 0", "A 0", "AP 14", "AP 14"],
      ...["AF 0", "A 0", "AF 0", "A 0"],
    ]);
    // Two SYNs with an option of four bytes, all with headers of 40.
    const total = 9 * 40 + 2 * 4 + 2 * bytes;
    expect(conversations).toEqual([{ frames: 9, bytes: `${total} bytes` }]);
  });

  it("with frames of many segments, whose sequence numbers go round", async () => {
    const { file, capture } = capturing("wrap", { initialSequence: 0xffff_fe00 });
    const bytes = await echo({ capture, frames: 40, frameBytes: 50_000 });
    const { packets } = readCapture(file);
    expect(payloads(packets)).toEqual([bytes, bytes]);
  });

  it("with IPv6", async (context) => {
    const { file, capture } = capturing("ipv6");
    const at = { host: "::1", port: 0 };
    const bytes = await echo({ capture, frames: 50, frameBytes: 2000, at }).catch((error) => {
      if (error.code === "ADDRESS_UNAVAILABLE") context.skip("there is no ::1 here");
      throw error;
    });
    const { packets } = readCapture(file);
    expect(payloads(packets)).toEqual([bytes, bytes]);
    expect(packets.every(({ from }) => from.startsWith("::1:"))).toBe(true);
  });

  it("with what TLS has decrypted", async (context) => {
    const { missing } = TestCertificates;
    context.skip(missing !== undefined, missing);
    using certificates = new TestCertificates();
    const transport = tls({ ...certificates.localhost, ca: certificates.authority.cert });
    const { file, capture } = capturing("tls");
    const bytes = await echo({ transport, capture, frames: 50, frameBytes: 1000 });
    const { packets } = readCapture(file);
    expect(payloads(packets)).toEqual([bytes, bytes]);
    // Encrypted, no run of bytes would be this long.
    expect(readFileSync(file).includes(Buffer.alloc(900, 42))).toBe(true);
  });

  it("with a Unix socket, which has no addresses", async () => {
    const { file, capture } = capturing("unix");
    const path = join(folder, "echo.sock");
    const bytes = await echo({ transport: unix(), at: { path }, capture, frames: 100, frameBytes: 500 });
    const { packets } = readCapture(file);
    expect(payloads(packets)).toEqual([bytes, bytes]);
    expect(packets[0]?.from).toMatch(/^192\.0\.2\.2:/);
  });

  it("with channels inside the process, and with which packets are whose", async () => {
    const { file, capture } = capturing("local");
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler((p) =>
        p.addLast(new PcapWriteHandler({ capture })).addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }),
      )
      .bind({ local: "pcap" });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () =>
        new Bootstrap()
          .transport(local())
          .handler((p) => p.addLast(new PcapWriteHandler({ capture })))
          .connect({ local: "pcap" }),
      ),
    );
    for (const client of clients) {
      await client.send(ByteBuf.from("hello"));
      await client.messages().next();
    }
    await Promise.all(clients.map((client) => client.close()));
    await server.shutdown();
    capture.close();
    const { packets, conversations } = readCapture(file);
    expect(conversations).toHaveLength(40);
    const comments = packets.filter(({ comment }) => comment !== "");
    expect(new Set(comments.map(({ stream }) => stream)).size).toBe(40);
    for (const { id } of clients)
      expect(comments.some(({ comment }) => comment.startsWith(`channel ${id}:`))).toBe(true);
  });

  it("with datagrams between sockets", async () => {
    const { file, capture } = capturing("sockets");
    const service = await new Bootstrap()
      .transport(udp())
      .handler((p) =>
        p
          .addLast(new PcapWriteHandler({ capture }))
          .addLast({ channelRead: (ctx, packet) => ctx.writeAndFlush(packet.reply(packet.content)) }),
      )
      .bind(LOOPBACK);
    const peer = await new Bootstrap()
      .transport(udp())
      .handler((p) => p)
      .connect(service.localAddress as InetAddress);
    const answers = peer.messages();
    for (let i = 1; i <= 20; i++) {
      const content = ByteBuf.from(new Uint8Array(i * 10).fill(i));
      await peer.send(new DatagramPacket({ content, recipient: service.localAddress as InetAddress }));
      await answers.next();
    }
    await peer.close();
    await service.close();
    capture.close();
    const { packets } = readCapture(file);
    const sizes = Array.from({ length: 20 }, (_, i) => (i + 1) * 10);
    expect(packets.map(({ bytes }) => bytes)).toEqual(sizes.flatMap((size) => [size, size]));
    const { port } = service.localAddress as InetAddress;
    expect(packets.map(({ from }) => from === `127.0.0.1:${port}`)).toEqual(sizes.flatMap(() => [false, true]));
  });

  it("with datagrams of both families", () => {
    const { file, capture } = capturing("udp");
    const channel = new EmbeddedChannel(
      new PcapWriteHandler({ capture, protocol: "udp", localAddress: { host: "127.0.0.1", port: 5000 } }),
    );
    const sizes = [0, 1, 2, 1471, 65_507];
    for (const [index, size] of sizes.entries()) {
      const content = ByteBuf.from(new Uint8Array(size).fill(index));
      for (const host of ["127.0.0.2", "2001:db8::7"]) {
        const peer = { host, port: 6000 + index };
        const own = { host: host.includes(":") ? "::1" : "127.0.0.1", port: 5000 };
        channel.writeInbound(new DatagramPacket({ content: content.duplicate(), sender: peer, recipient: own }));
        channel.writeOutbound(new DatagramPacket({ content: content.duplicate(), sender: own, recipient: peer }));
      }
    }
    channel.finish();
    capture.close();
    const { packets } = readCapture(file);
    expect(packets.map(({ bytes }) => bytes)).toEqual(sizes.flatMap((size) => [size, size, size, size]));
  });
});

describe("tshark sees how a connection ended", () => {
  /** A server that is captured and a bare client of Node's. */
  async function withClient(name: string, talk: (socket: Socket) => void, halfClosure = false, warnings = 0) {
    const { file, capture } = capturing(name);
    const server = await new ServerBootstrap()
      .transport(tcp())
      .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
      .childHandler((p) =>
        p.addLast(new PcapWriteHandler({ capture })).addLast({
          channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes),
          userEventTriggered: (ctx) => {
            if (halfClosure) ctx.writeAndFlush(ByteBuf.from("after your end"));
            ctx.close();
          },
          exceptionCaught: (ctx) => ctx.close(),
        }),
      )
      .bind(LOOPBACK);
    const { port } = server.localAddress as InetAddress;
    const over = new Promise<void>((resolve) => {
      server.on("close", () => resolve());
    });
    await new Promise<void>((resolve) => {
      const socket = connect({ port, host: LOOPBACK.host, allowHalfOpen: true }, () => talk(socket));
      socket.on("error", () => {});
      socket.on("close", () => resolve());
    });
    await expect.poll(() => server.children.size).toBe(0);
    await server.shutdown();
    await over;
    capture.close();
    return readCapture(file, { warnings }).packets.map(({ flags, bytes }) => `${flags} ${bytes}`);
  }
  const OPENED = ["S 0", "AS 0", "A 0"];

  it("by the peer's end", async () => {
    const flags = await withClient("closed", (socket) => {
      socket.end("hello").on("end", () => socket.destroy());
      socket.resume();
    });
    expect(flags).toEqual([...OPENED, "AP 5", "AP 5", "AF 0", "A 0", "AF 0", "A 0"]);
  });

  it("by one direction, and later the other", async () => {
    const open = (socket: Socket) => {
      socket.end("hello").on("end", () => socket.destroy());
      socket.resume();
    };
    const flags = await withClient("half-closed", open, true);
    expect(flags).toEqual([...OPENED, "AP 5", "AP 5", "AF 0", "A 0", "AP 14", "AF 0", "A 0"]);
  });

  it("by our cutting it, of which it warns", async () => {
    const { file, capture } = capturing("cut");
    const server = await new ServerBootstrap()
      .transport(tcp())
      .childHandler((p) =>
        p.addLast(new PcapWriteHandler({ capture })).addLast({ channelRead: (ctx) => ctx.channel.closeForcibly() }),
      )
      .bind(LOOPBACK);
    const client = await new Bootstrap()
      .transport(tcp())
      .handler((p) => p)
      .connect(server.localAddress as InetAddress);
    client.on("error", () => {});
    client.writeAndFlush(ByteBuf.from("hello"));
    await client.closed;
    expect(client.closeCause).toMatchObject({ code: "CONNECTION_RESET" });
    await server.shutdown();
    capture.close();
    const { packets } = readCapture(file, { warnings: 1 });
    expect(packets.map(({ flags }) => flags)).toEqual(["S", "AS", "A", "AP", "AR"]);
    expect(packets.at(-1)?.from).toBe(`127.0.0.1:${(server.localAddress as InetAddress).port}`);
  });

  it("by a reset, of which it warns", async () => {
    const reset = (socket: Socket) => {
      socket.write("hello");
      socket.once("data", () => socket.resetAndDestroy());
    };
    const flags = await withClient("reset", reset, false, 1);
    expect(flags).toEqual([...OPENED, "AP 5", "AP 5", "AR 0"]);
  });
});

it("tshark sees that a capture has paused", () => {
  const { file, capture } = capturing("paused");
  const channel = new EmbeddedChannel(new PcapWriteHandler({ capture }));
  channel.writeOutbound(ByteBuf.from("before"));
  capture.pause();
  channel.writeOutbound(ByteBuf.from("meanwhile"));
  capture.resume();
  channel.writeOutbound(ByteBuf.from("after"));
  channel.finish();
  capture.close();
  const missing = ["tcp.analysis.flags", "tcp.analysis.lost_segment"];
  const acknowledged = ["tcp.analysis.flags", "tcp.analysis.ack_lost_segment"];
  const { packets } = readCapture(file, { warnings: 2, findings: [...missing, ...acknowledged] });
  expect(packets.map(({ bytes }) => bytes).filter((bytes) => bytes > 0)).toEqual([6, 5]);
});

describe("tshark reads each file of a ring", () => {
  it("alone, and all together they are what passed", async () => {
    const files: string[] = [];
    const { capture, errors } = capturing("unused", {
      maxFileBytes: 256 * 1024,
      maxFiles: 20,
      sink: (slot) => {
        files.push(join(folder, `ring-${slot}.pcapng`));
        return fileSink(files[slot] as string);
      },
    });
    const bytes = await echo({ capture, frames: 200, frameBytes: 5000 });
    expect(files.length).toBeGreaterThan(5);
    const captures = files.map((file) => readCapture(file).packets);
    const seen = captures.flat();
    expect(seen).toHaveLength(capture.packets);
    expect(seen.reduce((sum, packet) => sum + packet.bytes, 0)).toBe(2 * bytes);
    for (const packets of captures) expect(packets[0]?.comment).toMatch(/^channel \d+, accepted: 127/);
    expect(errors).toEqual([]);
  });
});

const LOOPBACK = { host: "127.0.0.1", port: 0 };
