import { ByteBuf } from "@sluice/buffer";
import { ChannelOption, WriteBufferWaterMark } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { Outcomes } from "../../fixtures/outcome.js";
import { embedded, jobs, ScriptedSource, sent, text } from "../../fixtures/scripted-streams.js";
import { stalledPair } from "../../fixtures/stalled-pair.js";
import { ChunkedInput, type StreamProgress } from "./chunked-input.js";
import { ChunkedWriteHandler } from "./chunked-write-handler.js";

describe("messages", () => {
  it("pass when there is no stream", () => {
    const { channel, handler } = embedded();
    channel.writeOutbound(ByteBuf.from("a"), ByteBuf.from("b"));
    expect([sent(channel), handler.pending]).toEqual([["a", "b"], 0]);
  });

  it("keep their place before, between and behind streams", async () => {
    const { channel, outcomes } = embedded();
    const write = (name: string, message: unknown) => outcomes.of(name, channel.write(message).then());
    write("1", ByteBuf.from("1"));
    write("23", new ChunkedInput(text("2", "3")));
    write("4", ByteBuf.from("4"));
    write("56", new ChunkedInput(text("5", "6")));
    write("7", ByteBuf.from("7"));
    channel.flush();
    await jobs();
    expect(sent(channel).join("")).toBe("1234567");
    expect(await outcomes.take()).toEqual(["1", "23", "4", "56", "7"].map((name) => `${name}: undefined`));
  });

  it("behind a stream wait for their flush as well", async () => {
    const { channel } = embedded();
    channel.write(new ChunkedInput(text("a")));
    channel.flush();
    channel.write(ByteBuf.from("b"));
    await jobs();
    expect(sent(channel)).toEqual(["a"]);
    channel.flush();
    expect(sent(channel)).toEqual(["a", "b"]);
  });

  it("behind a stream are not flushed with those before them", async () => {
    const { channel } = embedded();
    channel.write(new ChunkedInput(text("a")));
    channel.write(ByteBuf.from("b"));
    channel.flush();
    channel.write(ByteBuf.from("c"));
    await jobs();
    expect(sent(channel)).toEqual(["a", "b"]);
    channel.flush();
    expect(sent(channel)).toEqual(["a", "b", "c"]);
  });

  it("are refused when too much of them waits behind a stream", async () => {
    const { channel, outcomes } = embedded({ maxPendingBytes: 500 });
    channel.writeAndFlush(new ChunkedInput(new ScriptedSource([], "hang")));
    outcomes.of("kept", channel.write(ByteBuf.from("x".repeat(200))).then());
    outcomes.of("refused", channel.write(ByteBuf.from("x".repeat(200))).then());
    const source = text("never");
    outcomes.of("stream", channel.write(new ChunkedInput(source)).then());
    outcomes.of("another", channel.write(new ChunkedInput(source)).then());
    expect(await outcomes.take()).toEqual(["refused: OUTBOUND_BUFFER_FULL", "another: OUTBOUND_BUFFER_FULL"]);
  });
});

describe("a stream", () => {
  it("begins when it is flushed", async () => {
    const { channel } = embedded();
    const source = text("a");
    channel.write(new ChunkedInput(source));
    await jobs();
    expect(source.pulled).toBe(0);
    channel.flush();
    await jobs();
    expect([source.pulled, source.returned, sent(channel)]).toEqual([2, 0, ["a"]]);
  });

  it("may be empty", async () => {
    const { channel } = embedded();
    await channel.writeAndFlush(new ChunkedInput(text()));
    expect(sent(channel)).toEqual([]);
  });

  it("has byte arrays as chunks, and cuts long ones, without a copy", async () => {
    const { channel } = embedded({ maxChunkBytes: 4 });
    const bytes = new TextEncoder().encode("0123456789");
    await channel.writeAndFlush(
      new ChunkedInput(new ScriptedSource([bytes, ByteBuf.from("abcdefgh"), ByteBuf.from("ij")])),
    );
    expect(sent(channel)).toEqual(["0123", "4567", "89", "abcd", "efgh", "ij"]);
    expect((channel.outboundMessages[0] as ByteBuf).array).toBe(bytes);
  });

  it("can be of messages, for an encoder nearer the transport", async () => {
    const channel = new EmbeddedChannel(new ChunkedWriteHandler<{ id: number }>());
    await channel.writeAndFlush(new ChunkedInput<{ id: number }>(new ScriptedSource([{ id: 1 }, { id: 2 }])));
    expect(channel.outboundMessages).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("tells of its progress", async () => {
    const { channel } = embedded({ maxChunkBytes: 4 });
    const progress: StreamProgress[] = [];
    const input = new ChunkedInput(text("abcdef", "g"), { onProgress: (now) => progress.push(now) });
    await channel.writeAndFlush(input);
    expect(progress).toEqual([
      { bytes: 4, chunks: 1 },
      { bytes: 6, chunks: 2 },
      { bytes: 7, chunks: 3 },
    ]);
  });

  it("goes on when whoever is told throws; the error is told", async () => {
    const { channel } = embedded();
    const onProgress = () => {
      throw new Error("listener");
    };
    await channel.writeAndFlush(new ChunkedInput(text("a", "b"), { onProgress }));
    expect(sent(channel)).toEqual(["a", "b"]);
    expect(() => channel.checkException()).toThrow("listener");
  });
});

describe("back-pressure", () => {
  const chunks = (count: number) => text(...Array.from({ length: count }, () => "x".repeat(1000)));

  it("asks for no more than the high-water mark and a chunk, and goes on as the peer takes it", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    pair.sender.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(2000, 4000));
    const source = chunks(50);
    const outcomes = new Outcomes();
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(source)).then());
    await jobs();
    expect([source.pulled, pair.received.length]).toEqual([4, 0]);
    await pair.takeBurst();
    expect(source.pulled).toBeLessThan(10);
    expect(await outcomes.take()).toEqual([]);
    await pair.takeAll();
    expect(pair.received.join("")).toBe("x".repeat(50_000));
    expect(await outcomes.take()).toEqual(["stream: undefined"]);
    expect(pair.mostQueued()).toBeLessThanOrEqual(4000 + 1000 + 96);
  });

  it("holds the rest of a long chunk back", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler({ maxChunkBytes: 500 }));
    pair.sender.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1000, 2000));
    pair.sender.writeAndFlush(new ChunkedInput(text("y".repeat(20_000))));
    await jobs();
    expect(pair.mostQueued()).toBeLessThanOrEqual(2000 + 500 + 96);
    await pair.takeAll();
    expect(pair.received.join("")).toBe("y".repeat(20_000));
    expect(pair.mostQueued()).toBeLessThanOrEqual(2000 + 500 + 96);
  });

  it("writes each piece once when room comes back while it is being written", async () => {
    const { channel } = embedded();
    // Any piece makes the channel unwritable, and is sent at once.
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1, 2));
    await channel.writeAndFlush(new ChunkedInput(text("a", "b", "c")));
    expect(sent(channel)).toEqual(["a", "b", "c"]);
  });

  it("is done when all has been sent, not when all has been written", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(text("a"))).then());
    outcomes.of("behind", pair.sender.writeAndFlush(ByteBuf.from("b")).then());
    await jobs();
    expect(await outcomes.take()).toEqual([]);
    await pair.takeAll();
    expect([pair.received, await outcomes.take()]).toEqual([
      ["a", "b"],
      ["stream: undefined", "behind: undefined"],
    ]);
  });
});
