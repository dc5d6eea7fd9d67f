/** Traffic shaping over real sockets: no faster than it says, and nothing lost. */

import {
  Bootstrap,
  ByteBuf,
  type Channel,
  ChannelTrafficShapingHandler,
  GlobalTrafficShapingHandler,
  type InetAddress,
  ServerBootstrap,
  tcp,
} from "sluice";
import { afterEach, expect, it } from "vitest";

const KIB = 1024;
const LENGTH = 512 * KIB;
const LIMIT = { perSecond: 1024 * KIB, burst: 64 * KIB };
/** One read of a socket may come before it is paid for. */
const READ = 64 * KIB;
/** What the clocks of two processes, or of one at two moments, may differ by. */
const TICK_MS = 20;

const servers: AsyncDisposable[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]())));

async function connected(
  handlers: () => ChannelTrafficShapingHandler | GlobalTrafficShapingHandler,
  onServer: (child: Channel) => void,
) {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) => p.addLast(handlers()).addLast({ channelActive: (ctx) => onServer(ctx.channel) }))
    .bind({ host: "127.0.0.1", port: 0 });
  servers.push(server);
  return () =>
    new Bootstrap()
      .transport(tcp())
      .handler(() => {})
      .connect(server.localAddress as InetAddress);
}

const numbered = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** Reads until so many bytes have come, and says how long that took. */
async function received(channel: Channel, length: number) {
  const begin = performance.now();
  const parts: Uint8Array[] = [];
  let got = 0;
  for await (const bytes of channel.messages()) {
    parts.push((bytes as ByteBuf).toUint8Array());
    got += (bytes as ByteBuf).readableBytes;
    if (got >= length) break;
  }
  return { bytes: Buffer.concat(parts), elapsedMs: performance.now() - begin };
}

it("reads no faster than it says", async () => {
  const children: Channel[] = [];
  const shaper = new ChannelTrafficShapingHandler({ read: LIMIT });
  const connect = await connected(
    () => shaper,
    (child) => children.push(child),
  );
  const client = await connect();
  await expect.poll(() => children.length).toBe(1);
  const reading = received(children[0] as Channel, LENGTH);
  client.writeAndFlush(ByteBuf.from(numbered(LENGTH)));
  const { bytes, elapsedMs } = await reading;
  expect(bytes.equals(numbered(LENGTH))).toBe(true);
  expect(elapsedMs).toBeGreaterThan(((LENGTH - LIMIT.burst - 2 * READ) / LIMIT.perSecond) * 1000 - TICK_MS);
  expect(shaper.traffic.read.total).toBe(LENGTH);
  await client.close();
});

it("writes no faster than it says, to all channels together, and a close sends the rest", async () => {
  const shaper = new GlobalTrafficShapingHandler({ write: LIMIT });
  const connect = await connected(
    () => shaper,
    (child) => {
      const bytes = numbered(LENGTH / 2);
      for (let i = 0; i < bytes.length; i += 8 * KIB) child.write(ByteBuf.from(bytes.subarray(i, i + 8 * KIB)));
      child.flush();
    },
  );
  const begin = performance.now();
  const clients = [await connect(), await connect()];
  const both = await Promise.all(clients.map((client) => received(client, LENGTH / 2)));
  const elapsedMs = performance.now() - begin;
  for (const { bytes } of both) expect(bytes.equals(numbered(LENGTH / 2))).toBe(true);
  expect(elapsedMs).toBeGreaterThan(((LENGTH - LIMIT.burst) / LIMIT.perSecond) * 1000 - TICK_MS);
  expect(shaper.traffic).toMatchObject({ heldWrites: 0, written: { total: LENGTH } });
  await Promise.all(clients.map((client) => client.close()));

  // Closed at once: what was flushed arrives, ahead of its time.
  const closing = await connected(
    () => new GlobalTrafficShapingHandler({ write: { perSecond: KIB } }),
    (child) => {
      for (let i = 0; i < 8; i++) child.writeAndFlush(ByteBuf.from(numbered(8 * KIB)));
      child.close();
    },
  );
  const { bytes } = await received(await closing(), 64 * KIB);
  expect(bytes.length).toBe(64 * KIB);
});
