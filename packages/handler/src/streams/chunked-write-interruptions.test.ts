/** How streams end that do not come to their end, and what becomes of their channel. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { Outcomes } from "../../fixtures/outcome.js";
import { embedded, jobs, ScriptedSource, sent, text } from "../../fixtures/scripted-streams.js";
import { stalledPair } from "../../fixtures/stalled-pair.js";
import { ChunkedInput } from "./chunked-input.js";
import { ChunkedWriteHandler } from "./chunked-write-handler.js";

const code = (code: string) => expect.objectContaining({ code });

describe("a stream that breaks off", () => {
  it("because its source fails, closes the channel when a part of it is out", async () => {
    const pair = await stalledPair(new ChunkedWriteHandler());
    const outcomes = new Outcomes();
    const source = new ScriptedSource([ByteBuf.from("half")], new Error("disk"));
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
      channel.writeAndFlush(new ChunkedInput(new ScriptedSource([ByteBuf.from("half")], new Error()))).then(),
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
    channel.pipeline.tail.writeAndFlush(new ChunkedInput(new ScriptedSource([], new Error("disk"))));
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
    const source = new ScriptedSource([ByteBuf.from("half")], "hang");
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
    const source = new ScriptedSource([ByteBuf.from("half")], "hang");
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
    const source = new ScriptedSource([ByteBuf.from("half")], "hang");
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
    const [source, behind] = [new ScriptedSource([ByteBuf.from("half")], "hang"), text("never")];
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
    const sources = [new ScriptedSource([], "hang"), text("never")];
    outcomes.of("stream", channel.writeAndFlush(new ChunkedInput(sources[0] as ScriptedSource)).then());
    outcomes.of("message", channel.writeAndFlush(ByteBuf.from("message")).then());
    outcomes.of("behind", channel.writeAndFlush(new ChunkedInput(sources[1] as ScriptedSource)).then());
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
    outcomes.of(
      "stream",
      channel.writeAndFlush(new ChunkedInput(new ScriptedSource([ByteBuf.from("half")], "hang"))).then(),
    );
    outcomes.of("message", channel.writeAndFlush(ByteBuf.from("message")).then());
    await jobs();
    channel.pipeline.remove(handler);
    expect(await outcomes.take()).toEqual(["stream: STREAM_INTERRUPTED", "message: CHANNEL_CLOSED"]);
    expect([sent(channel), channel.isOpen]).toEqual([["half"], false]);
  });

  it.each([{ maxChunkBytes: 0 }, { maxPendingBytes: 1.5 }, { onInterruption: "Close" as "close" }])(
    "cannot have %o",
    (options) => {
      expect(() => new ChunkedWriteHandler(options)).toThrow(code("INVALID_ARGUMENT"));
    },
  );
});

describe("a completion that throws", () => {
  const throwing = (log: string[], name: string) => ({
    succeed: () => {
      log.push(name);
      throw new Error(`${name} throws`);
    },
    fail: () => {
      log.push(`${name} failed`);
      throw new Error(`${name} throws`);
    },
  });

  it("is told as a failure, and what is behind its stream goes on", async () => {
    const log: string[] = [];
    const errors: string[] = [];
    const channel = new EmbeddedChannel(new ChunkedWriteHandler(), {
      exceptionCaught: (_ctx, error) => void errors.push(error.message),
    });
    channel.pipeline.write(new ChunkedInput(text("a")), throwing(log, "stream"));
    channel.pipeline.write(new ChunkedInput(new ScriptedSource([], new Error())), throwing(log, "broken"));
    channel.pipeline.write(ByteBuf.from("b"));
    channel.flush();
    await jobs();
    expect([sent(channel), log]).toEqual([
      ["a", "b"],
      ["stream", "broken failed"],
    ]);
    expect(errors).toEqual(["stream throws", "broken throws"]);
  });

  it("does not keep the others from being told that the channel has closed", async () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(new ChunkedWriteHandler(), { exceptionCaught: () => {} });
    channel.pipeline.write(new ChunkedInput(new ScriptedSource([], "hang")), throwing(log, "stream"));
    channel.pipeline.write(ByteBuf.from("a"), throwing(log, "a"));
    channel.pipeline.write(ByteBuf.from("b"), throwing(log, "b"));
    channel.flush();
    await jobs();
    channel.closeForcibly();
    await channel.closed;
    expect(log).toEqual(["stream failed", "a failed", "b failed"]);
  });
});
