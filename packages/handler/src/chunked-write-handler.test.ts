import { ByteBuf, SluiceError } from "@sluice/buffer";
import { ChannelOption, WriteBufferWaterMark } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { Outcomes } from "../fixtures/outcome.js";
import { stalledPair } from "../fixtures/stalled-pair.js";
import { ChunkedInput, type StreamProgress } from "./chunked-input.js";
import { ChunkedWriteHandler, type ChunkedWriteHandlerOptions } from "./chunked-write-handler.js";

const code = (code: string) => expect.objectContaining({ code });
const jobs = async () => {
  for (let job = 0; job < 30; job++) await undefined;
};

/** A source that counts what is asked of it, and ends, fails or never answers behind its chunks. */
class Source {
  pulled = 0;
  returned = 0;
  readonly #chunks: readonly unknown[];
  readonly #then: "end" | "hang" | Error;

  constructor(chunks: readonly unknown[], then: "end" | "hang" | Error = "end") {
    this.#chunks = chunks;
    this.#then = then;
  }

  /** What the chunks are is up to the test. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    return {
      next: async () => {
        const value = this.#chunks[this.pulled++];
        if (value !== undefined) return { done: false, value: value as never };
        if (this.#then instanceof Error) throw this.#then;
        if (this.#then === "hang") await new Promise(() => {});
        return { done: true, value: undefined };
      },
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
}

const text = (...words: string[]) => new Source(words.map((word) => ByteBuf.from(word)));
const sent = (channel: EmbeddedChannel) => channel.outboundMessages.map(String);

function embedded(options?: ChunkedWriteHandlerOptions) {
  const handler = new ChunkedWriteHandler(options);
  const channel = new EmbeddedChannel(handler);
  return { channel, handler, outcomes: new Outcomes() };
}

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
    channel.writeAndFlush(new ChunkedInput(new Source([], "hang")));
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
    await channel.writeAndFlush(new ChunkedInput(new Source([bytes, ByteBuf.from("abcdefgh"), ByteBuf.from("ij")])));
    expect(sent(channel)).toEqual(["0123", "4567", "89", "abcd", "efgh", "ij"]);
    expect((channel.outboundMessages[0] as ByteBuf).array).toBe(bytes);
  });

  it("can be of messages, for an encoder nearer the transport", async () => {
    const channel = new EmbeddedChannel(new ChunkedWriteHandler<{ id: number }>());
    await channel.writeAndFlush(new ChunkedInput<{ id: number }>(new Source([{ id: 1 }, { id: 2 }])));
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

describe("a stream that breaks off", () => {
  it("because its source fails, closes the channel when a part of it is out", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const source = new Source([ByteBuf.from("half")], new Error("disk"));
    const behind = text("another");
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(source)).then());
    outcomes.of("behind", pair.sender.writeAndFlush(new ChunkedInput(behind)).then());
    outcomes.of("message", pair.sender.writeAndFlush(ByteBuf.from("message")).then());
    await jobs();
    expect(await outcomes.take()).toEqual([
      "stream: STREAM_INTERRUPTED",
      "behind: CHANNEL_CLOSED",
      "message: CHANNEL_CLOSED",
    ]);
    expect(outcomes.errors[0]).toMatchObject({ length: 4, cause: new Error("disk") });
    expect([source.returned, behind.pulled, behind.returned]).toEqual([0, 0, 1]);
    await pair.takeAll();
    await pair.sender.closed;
    expect([pair.received, pair.sender.closeCause]).toEqual([["half"], outcomes.errors[0]]);
  });

  it("… or leaves it open, if told so", async () => {
    const { channel, outcomes } = embedded({ onInterruption: "continue" });
    outcomes.of(
      "stream",
      channel.writeAndFlush(new ChunkedInput(new Source([ByteBuf.from("half")], new Error()))).then(),
    );
    outcomes.of("behind", channel.writeAndFlush(ByteBuf.from("behind")).then());
    await jobs();
    expect(await outcomes.take()).toEqual(["stream: STREAM_INTERRUPTED", "behind: undefined"]);
    expect([sent(channel), channel.isOpen]).toEqual([["half", "behind"], true]);
  });

  it("before anything of it is out, leaves the channel as it was", async () => {
    const { channel, outcomes } = embedded();
    const missing = () => {
      throw new Error("no such file");
    };
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(missing)).then());
    outcomes.of("behind", channel.writeAndFlush(ByteBuf.from("404")).then());
    await jobs();
    expect(await outcomes.take()).toEqual(["stream: STREAM_INTERRUPTED", "behind: undefined"]);
    expect([sent(channel), channel.isOpen]).toEqual([["404"], true]);
  });

  it("is told to exceptionCaught when nobody awaits it", async () => {
    const { channel } = embedded();
    channel.pipeline.tail.writeAndFlush(new ChunkedInput(new Source([], new Error("disk"))));
    await jobs();
    expect(() => channel.checkException()).toThrow(code("STREAM_INTERRUPTED"));
  });

  it("because a chunk cannot be sent, closes its source", async () => {
    const outcomes = new Outcomes();
    const channel = new EmbeddedChannel(
      {
        write(ctx, message, completion) {
          if (String(message) === "bad") throw new SluiceError("ENCODE_FAILED");
          ctx.write(message, completion);
        },
      },
      new ChunkedWriteHandler(),
    );
    const source = text("good", "bad", "never");
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(source)).then());
    await jobs();
    expect(await outcomes.take()).toEqual(["stream: ENCODE_FAILED"]);
    expect([source.returned, channel.isOpen, sent(channel)]).toEqual([1, false, ["good"]]);
  });

  it("because its source cannot be closed, tells of both failures", async () => {
    const { channel, outcomes } = embedded();
    const controller = new AbortController();
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<ByteBuf>>(() => {}),
        return: async () => {
          throw new Error("cannot close");
        },
      }),
    };
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(source, { signal: controller.signal })).then());
    await jobs();
    controller.abort();
    expect(await outcomes.take()).toEqual(["stream: ABORTED"]);
    await jobs();
    expect(() => channel.checkException()).toThrow(code("STREAM_INTERRUPTED"));
  });
});

describe("an aborted stream", () => {
  it("that waits leaves its place, its source is closed, and the channel goes on", async () => {
    const { channel, outcomes } = embedded();
    const controller = new AbortController();
    const source = text("never");
    outcomes.of("first", channel.write(new ChunkedInput(text("a"))).then());
    outcomes.of("aborted", channel.write(new ChunkedInput(source, { signal: controller.signal })).then());
    outcomes.of("last", channel.write(ByteBuf.from("c")).then());
    controller.abort(new Error("no longer wanted"));
    channel.flush();
    await jobs();
    expect(await outcomes.take()).toEqual(["aborted: ABORTED", "first: undefined", "last: undefined"]);
    expect([source.pulled, source.returned, sent(channel)]).toEqual([0, 1, ["a", "c"]]);
    expect(outcomes.errors[0]).toMatchObject({ cause: new Error("no longer wanted") });
  });

  it("whose source does not answer fails at once", async () => {
    const { channel, outcomes } = embedded();
    const controller = new AbortController();
    const source = new Source([ByteBuf.from("half")], "hang");
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(source, { signal: controller.signal })).then());
    await jobs();
    controller.abort();
    expect(await outcomes.take()).toEqual(["stream: ABORTED"]);
    expect([source.returned, channel.isOpen]).toEqual([1, false]);
  });

  it("may have been aborted before it was written", async () => {
    const { channel, handler, outcomes } = embedded();
    const source = text("never");
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(source, { signal: AbortSignal.abort() })).then());
    expect(await outcomes.take()).toEqual(["stream: ABORTED"]);
    expect([source.pulled, source.returned, handler.pending, channel.isOpen]).toEqual([0, 1, 0, true]);
  });

  it("is not aborted any more when all of it has been written", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const controller = new AbortController();
    const outcomes = new Outcomes();
    const input = new ChunkedInput(text("a", "b"), { signal: controller.signal });
    outcomes.of("stream", pair.sender.writeAndFlush(input).then());
    await jobs();
    controller.abort();
    await pair.takeAll();
    expect([pair.received, await outcomes.take()]).toEqual([["a", "b"], ["stream: undefined"]]);
  });

  it("is not aborted when it is over", async () => {
    const { channel } = embedded();
    const controller = new AbortController();
    const source = text("a");
    await channel.writeAndFlush(new ChunkedInput(source, { signal: controller.signal }));
    controller.abort();
    expect([source.returned, channel.isOpen]).toEqual([0, true]);
  });
});

describe("closing", () => {
  it("waits until what is flushed has been sent; the rest fails at once", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const unflushed = text("never");
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(text("a", "b"))).then());
    outcomes.of("message", pair.sender.writeAndFlush(ByteBuf.from("c")).then());
    outcomes.of("unflushed", pair.sender.write(new ChunkedInput(unflushed)).then());
    pair.sender.close();
    outcomes.of("late", pair.sender.write(ByteBuf.from("d")).then());
    expect(await outcomes.take()).toEqual(["unflushed: CHANNEL_CLOSED", "late: CHANNEL_CLOSED"]);
    expect(unflushed.returned).toBe(1);
    await jobs();
    await pair.takeAll();
    await pair.sender.closed;
    expect(pair.received).toEqual(["a", "b", "c"]);
    expect(await outcomes.take()).toEqual(["stream: undefined", "message: undefined"]);
    expect(pair.sender.closeCause).toBeUndefined();
  });

  it("gives up at the deadline", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const source = new Source([ByteBuf.from("half")], "hang");
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(source)).then());
    await jobs();
    outcomes.of("close", pair.sender.close().then());
    pair.clock.advance(10_000);
    expect(await outcomes.take()).toContain("stream: CLOSE_TIMEOUT");
    await pair.sender.closed;
    expect([source.returned, pair.sender.closeCause]).toEqual([1, code("CLOSE_TIMEOUT")]);
  });

  it("without waiting fails everything", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const source = new Source([ByteBuf.from("half")], "hang");
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(source)).then());
    outcomes.of("message", pair.sender.writeAndFlush(ByteBuf.from("c")).then());
    await jobs();
    pair.sender.close({ pendingWrites: "fail" });
    await pair.sender.closed;
    expect(await outcomes.take()).toEqual(["stream: CHANNEL_CLOSED", "message: CHANNEL_CLOSED"]);
    expect([source.returned, pair.sender.closeCause]).toEqual([1, undefined]);
  });

  it("of the output waits as well", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(text("a", "b"))).then());
    outcomes.of("shutdown", pair.sender.shutdownOutput().then());
    outcomes.of("late", pair.sender.writeAndFlush(ByteBuf.from("c")).then());
    expect(await outcomes.take()).toEqual(["late: OUTPUT_SHUTDOWN"]);
    await pair.takeAll();
    expect(pair.received).toEqual(["a", "b"]);
    expect((await outcomes.take())[0]).toBe("stream: undefined");
  });

  it("of the output, when the transport cannot do that, leaves the channel as it was", async () => {
    const outcomes = new Outcomes();
    const channel = new EmbeddedChannel(
      { shutdownOutput: (_ctx, completion) => completion?.fail(new SluiceError("HALF_CLOSE_UNSUPPORTED")) },
      new ChunkedWriteHandler(),
    );
    channel.writeAndFlush(new ChunkedInput(text("a")));
    outcomes.of("shutdown", channel.shutdownOutput().then());
    await jobs();
    outcomes.of("later", channel.writeAndFlush(ByteBuf.from("b")).then());
    expect(await outcomes.take()).toEqual(["shutdown: HALF_CLOSE_UNSUPPORTED", "later: undefined"]);
    expect(sent(channel)).toEqual(["a", "b"]);
  });

  it("by the peer fails what is left with why", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const [source, behind] = [new Source([ByteBuf.from("half")], "hang"), text("never")];
    outcomes.of("stream", pair.sender.writeAndFlush(new ChunkedInput(source)).then());
    outcomes.of("behind", pair.sender.writeAndFlush(new ChunkedInput(behind)).then());
    await jobs();
    pair.sender.engine.destroy(new SluiceError("CONNECTION_RESET"));
    await pair.sender.closed;
    expect(await outcomes.take()).toEqual(["stream: CONNECTION_RESET", "behind: CHANNEL_CLOSED"]);
    expect([source.returned, behind.returned]).toEqual([1, 1]);
  });
});

describe("the handler", () => {
  it("when it is removed, passes messages on and interrupts streams", async () => {
    const { channel, handler, outcomes } = embedded();
    const sources = [new Source([], "hang"), text("never")];
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(sources[0] as Source)).then());
    outcomes.of("message", channel.writeAndFlush(ByteBuf.from("message")).then());
    outcomes.of("behind", channel.writeAndFlush(new ChunkedInput(sources[1] as Source)).then());
    await jobs();
    channel.pipeline.remove(handler);
    expect(await outcomes.take()).toEqual([
      "stream: STREAM_INTERRUPTED",
      "behind: STREAM_INTERRUPTED",
      "message: undefined",
    ]);
    expect(sources.map(({ returned }) => returned)).toEqual([1, 1]);
    expect([sent(channel), channel.isOpen]).toEqual([["message"], true]);
  });

  it("… and closes the channel when a part of one is out", async () => {
    const { channel, handler, outcomes } = embedded();
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(new Source([ByteBuf.from("half")], "hang"))).then());
    outcomes.of("message", channel.writeAndFlush(ByteBuf.from("message")).then());
    await jobs();
    channel.pipeline.remove(handler);
    expect(await outcomes.take()).toEqual(["stream: STREAM_INTERRUPTED", "message: CHANNEL_CLOSED"]);
    expect([sent(channel), channel.isOpen]).toEqual([["half"], false]);
  });

  it.each([{ maxChunkBytes: 0 }, { maxPendingBytes: 1.5 }])("cannot have %o", (options) => {
    expect(() => new ChunkedWriteHandler(options)).toThrow(code("INVALID_ARGUMENT"));
  });
});
