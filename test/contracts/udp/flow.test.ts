/** Bursts, back-pressure in both directions, closing, and errors of single datagrams, over real sockets. */

import { ManualClock } from "@sluice/core/embedded";
import {
  ByteBuf,
  ChannelOption,
  DatagramPacketDecoder,
  DatagramPacketEncoder,
  datagramLosses,
  HeartbeatHandler,
  IdleStateEvent,
  IdleStateHandler,
  JsonCodec,
  StringDecoder,
  StringEncoder,
  textHeartbeat,
} from "sluice";
import { describe, expect, it, onTestFinished } from "vitest";
import { bound, connected, nextError, packet, texts } from "./loopback.js";

const code = (code: string) => expect.objectContaining({ code });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits turn by turn; the test's own timeout is the bound. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

describe("reading", () => {
  it("makes one burst of the datagrams of one turn", async () => {
    const log: string[] = [];
    const service = await bound((bootstrap) =>
      bootstrap.handler((p) =>
        p.addLast({
          channelRead: (_ctx, { content }) => log.push(String(content)),
          channelReadComplete: () => log.push("complete"),
        }),
      ),
    );
    const channel = await connected(service);
    for (let i = 0; i < 20; i++) channel.write(ByteBuf.from("m"));
    channel.flush();
    await until(() => log.filter((entry) => entry === "m").length === 20 && log.at(-1) === "complete");
    const bursts = log.join(" ").split(" complete");
    expect(bursts.pop()).toBe("");
    // The system may be slow to hand over the first ones; never is each a burst of its own.
    expect(bursts.length).toBeLessThan(10);
    for (const burst of bursts) expect(burst).toMatch(/m/);
  });

  it("delivers nothing that was not asked for, and then a burst for each read", async () => {
    const service = await bound((bootstrap) => bootstrap.option(ChannelOption.AUTO_READ, false));
    const seen: string[] = [];
    service.pipeline.addLast({
      channelRead: (_ctx, { content }) => seen.push(String(content)),
      channelReadComplete: () => seen.push("complete"),
    });
    const channel = await connected(service);
    for (let i = 0; i < 40; i++) await channel.writeAndFlush(ByteBuf.from(`${i}`));
    await until(() => datagramLosses(service).waitingBytes > 40 * 512);
    expect(seen).toEqual([]);
    service.read();
    await turn();
    expect([seen.length, seen.at(-1)]).toEqual([33, "complete"]);
    service.autoRead = true;
    await until(() => seen.filter((entry) => entry !== "complete").length === 40);
    expect(seen.filter((entry) => entry !== "complete")).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
    await channel.writeAndFlush(ByteBuf.from("live"));
    await until(() => seen.includes("live"));
  });

  it("drops what has no room while nobody reads, counts it, and tells of it in its place", async () => {
    const service = await bound((bootstrap) => bootstrap.option(ChannelOption.AUTO_READ, false), {
      maxWaitingBytes: 4 * 520,
    });
    const log: unknown[] = [];
    service.pipeline.addLast({
      channelRead: (_ctx, { content }) => log.push(String(content)),
      exceptionCaught: (_ctx, error) => log.push(error),
    });
    const channel = await connected(service);
    for (let i = 0; i < 10; i++) await channel.writeAndFlush(ByteBuf.from(`${i}`));
    await until(() => datagramLosses(service).dropped === 6);
    service.autoRead = true;
    await until(() => log.length === 5);
    await channel.writeAndFlush(ByteBuf.from("then"));
    await until(() => log.length === 6);
    const dropped = expect.objectContaining({ code: "DATAGRAMS_DROPPED", length: 6 });
    expect(log).toEqual(["0", "1", "2", "3", dropped, "then"]);
    expect(datagramLosses(service)).toEqual({ dropped: 6, tooLong: 0, unheardErrors: 0, waitingBytes: 0 });
  });
});

describe("writing", () => {
  it("makes the channel unwritable above the high-water mark, and writable again", async () => {
    const service = await bound();
    const channel = await connected(service);
    const changes: boolean[] = [];
    channel.on("writability", (writable) => changes.push(writable));
    const writes = Array.from({ length: 70 }, () => channel.write(ByteBuf.from(new Uint8Array(1000))));
    expect(channel.isWritable).toBe(false);
    channel.flush();
    await Promise.all(writes);
    expect([channel.isWritable, changes]).toEqual([true, [false, true]]);
  });

  it("refuses what the queue has no room for", async () => {
    const service = await bound();
    const channel = await connected(service, (bootstrap) => bootstrap.option(ChannelOption.MAX_OUTBOUND_BYTES, 5000));
    const kept = channel.write(ByteBuf.from(new Uint8Array(4000)));
    await expect(channel.write(ByteBuf.from(new Uint8Array(4000)))).rejects.toEqual(code("OUTBOUND_BUFFER_FULL"));
    channel.flush();
    await kept;
  });

  it("weighs packets as it weighs bytes", async () => {
    const [service, channel] = [await bound(), await bound()];
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, 5000);
    channel.write(packet(service, "x".repeat(4000)));
    await expect(channel.write(packet(service, "x".repeat(4000)))).rejects.toEqual(code("OUTBOUND_BUFFER_FULL"));
    channel.flush();
  });

  it("sends what is flushed before it closes; there is no half-closure", async () => {
    const service = await bound();
    const channel = await connected(service);
    await expect(channel.shutdownOutput()).rejects.toEqual(code("HALF_CLOSE_UNSUPPORTED"));
    for (let i = 0; i < 100; i++) channel.write(ByteBuf.from(`${i}`));
    channel.flush();
    await channel.close();
    expect(await texts(service, 100)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
    await expect(channel.write(ByteBuf.from("late"))).rejects.toEqual(code("CHANNEL_CLOSED"));
  });
});

describe("a stranger's bad datagram", () => {
  const jsonService = () =>
    bound((bootstrap) =>
      bootstrap.handler((p) =>
        p
          .addLast(new DatagramPacketDecoder(new JsonCodec<{ id: number }>()))
          .addLast(new DatagramPacketEncoder(new JsonCodec<unknown, { id: number }>()))
          .addLast({ channelRead: (ctx, query) => ctx.writeAndFlush(query.reply(query.content)) }),
      ),
    );

  it("is emitted as an error, and the channel goes on", async () => {
    const service = await jsonService();
    const channel = await connected(service);
    const error = nextError(service);
    await channel.writeAndFlush(ByteBuf.from("{garbage"));
    expect(await error).toEqual(code("INVALID_JSON"));
    await channel.writeAndFlush(ByteBuf.from('{"id":1}'));
    expect(await texts(channel, 1)).toEqual(['{"id":1}']);
  });

  it("is a warning of the process when nobody listens, once per channel", async () => {
    const warnings: unknown[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on("warning", listener);
    onTestFinished(() => void process.off("warning", listener));
    const service = await jsonService();
    const channel = await connected(service);
    for (const text of ["{garbage", "more of it", '{"id":2}']) await channel.writeAndFlush(ByteBuf.from(text));
    expect(await texts(channel, 1)).toEqual(['{"id":2}']);
    await turn();
    expect(warnings).toEqual([expect.objectContaining({ name: "SluiceWarning", code: "INVALID_JSON" })]);
    expect([datagramLosses(service).unheardErrors, service.isActive]).toEqual([2, true]);
  });

  it("does not save the channel from a bug in a handler", async () => {
    const service = await bound((bootstrap) =>
      bootstrap.handler((p) =>
        p.addLast({
          channelRead() {
            throw new TypeError("a bug");
          },
        }),
      ),
    );
    const channel = await connected(service);
    await channel.writeAndFlush(ByteBuf.from("x"));
    await service.closed;
    expect(service.closeCause).toEqual(new TypeError("a bug"));
  });
});

describe("handlers made for connections", () => {
  it("an IdleStateHandler sees silence", async () => {
    const clock = new ManualClock();
    const events: unknown[] = [];
    const service = await bound((bootstrap) =>
      bootstrap
        .clock(clock)
        .handler((p) =>
          p
            .addLast(new IdleStateHandler({ readerIdleMs: 1000 }))
            .addLast({ userEventTriggered: (_ctx, event) => events.push(event) }),
        ),
    );
    clock.advance(900);
    const channel = await connected(service);
    await channel.writeAndFlush(ByteBuf.from("x"));
    await texts(service, 1);
    await turn();
    clock.advance(900);
    expect(events).toEqual([]);
    clock.advance(100);
    expect(events).toEqual([IdleStateEvent.FIRST_READER_IDLE]);
  });

  it("HeartbeatHandlers ask and answer, and end the channel when nobody answers", async () => {
    const clock = new ManualClock();
    const service = await bound((bootstrap) =>
      bootstrap.handler((p) =>
        p
          .addLast(new DatagramPacketDecoder(new StringDecoder({ framed: true })))
          .addLast(new DatagramPacketEncoder(new StringEncoder()))
          .addLast({ channelRead: (ctx, ping) => ctx.writeAndFlush(ping.reply("pong")) }),
      ),
    );
    const channel = await connected(service, (bootstrap) => bootstrap.clock(clock));
    const heartbeat = new HeartbeatHandler({
      side: "client",
      protocol: textHeartbeat(),
      intervalMs: 1000,
      timeoutMs: 500,
    });
    const events: unknown[] = [];
    channel.pipeline
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new StringEncoder())
      .addLast(heartbeat)
      .addLast({ userEventTriggered: (_ctx, event) => events.push(event) });
    clock.advance(1000);
    await until(() => heartbeat.roundTripTime !== undefined);
    expect([heartbeat.missed, channel.isActive]).toEqual([0, true]);
    const errors: unknown[] = [];
    channel.on("error", (error) => errors.push(error));
    await service.close();
    clock.advance(1000);
    await turn();
    clock.advance(500);
    await channel.closed;
    expect(errors.at(-1)).toEqual(code("HEARTBEAT_TIMEOUT"));
    expect(channel.closeCause).toBe(errors.at(-1));
  });
});
