import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandler, ChannelInputShutdownEvent, ChannelOption } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, describe as describeError, hexOf } from "../test/decoder-trace.js";
import { CloseDelimitedFrameDecoder, type CloseDelimitedFrameDecoderOptions } from "./close-delimited-frame-decoder.js";

type End = (channel: EmbeddedChannel) => unknown;
const byPeer: End = (channel) => channel.engine.inputShutdown();
const byUs: End = (channel) => channel.close();
const byReset: End = (channel) => channel.engine.failed(new SluiceError("CONNECTION_RESET"));

/** What comes out, up to `channelInactive` and beyond. */
function traceOf(options: CloseDelimitedFrameDecoderOptions, chunks: readonly Uint8Array[], end: End): string[] {
  const trace: string[] = [];
  const recorder: ChannelHandler = {
    channelRead: (_ctx, message: ByteBuf) => trace.push(message.hexDump()),
    exceptionCaught: (_ctx, error) => trace.push(describeError(error)),
    channelInactive: () => trace.push("inactive"),
  };
  const channel = new EmbeddedChannel(new CloseDelimitedFrameDecoder(options), recorder);
  for (const chunk of chunks) channel.writeInbound(ByteBuf.from(chunk));
  end(channel);
  channel.runPendingTasks();
  return trace;
}

describe("CloseDelimitedFrameDecoder", () => {
  it.each([1, 2, 100])("makes one message of everything, in chunks of %i", (size) => {
    expect(traceOf({}, cutEvery(bytesOf("all up to here"), size), byPeer)).toEqual([
      hexOf("all up to here"),
      "inactive",
    ]);
  });

  it("makes an empty message of an empty stream", () => {
    expect(traceOf({}, [], byPeer)).toEqual(["", "inactive"]);
  });

  it.each([1, 100])("takes a reset for no end, in chunks of %i", (size) => {
    expect(traceOf({}, cutEvery(bytesOf("some"), size), byReset)).toEqual([
      "CONNECTION_RESET",
      `FRAME_TRUNCATED offset=0 length=4 hex=${hexOf("some")}`,
      "inactive",
    ]);
    expect(traceOf({}, [], byReset)).toEqual(["CONNECTION_RESET", "inactive"]);
  });

  it("takes our own close for no end of the peer's", () => {
    expect(traceOf({}, [bytesOf("some")], byUs)).toEqual([
      `FRAME_TRUNCATED offset=0 length=4 hex=${hexOf("some")}`,
      "inactive",
    ]);
    expect(traceOf({}, [], byUs)).toEqual(["inactive"]);
  });

  it("keeps to the peer's end when writing breaks afterwards", () => {
    const end: End = (channel) => {
      channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      byPeer(channel);
      byReset(channel);
    };
    expect(traceOf({}, [bytesOf("all")], end)).toEqual([hexOf("all"), "CONNECTION_RESET", "inactive"]);
  });

  it("delivers before the event of a half-closed channel, and then nothing more", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(new CloseDelimitedFrameDecoder(), {
      channelRead: (ctx, message: ByteBuf) => {
        log.push(`${message}`);
        ctx.writeAndFlush(ByteBuf.from("answer"));
      },
      userEventTriggered: (_ctx, event) => log.push((event as typeof ChannelInputShutdownEvent).event),
    });
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.writeInbound(ByteBuf.from("question"));
    byPeer(channel);
    expect(log).toEqual(["question", "ChannelInputShutdownEvent"]);
    expect(channel.outboundMessages.map(String)).toEqual(["answer"]);
    channel.finish();
    expect(log).toHaveLength(2);
  });

  it("needs nothing but the event to know of the end", () => {
    const channel = new EmbeddedChannel(new CloseDelimitedFrameDecoder());
    channel.writeInbound(ByteBuf.from("all"));
    channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    expect(channel.inboundMessages.map(String)).toEqual(["all"]);
  });

  it.each([1, 3, 100])("reports what is too long once and drops it, in chunks of %i", (size) => {
    const chunks = cutEvery(bytesOf("abcdefgh"), size);
    const tooLong = `FRAME_TOO_LONG offset=0 limit=4 hex=${hexOf("abcde")}`;
    for (const end of [byPeer, byUs]) {
      expect(traceOf({ maxFrameLength: 4 }, chunks, end)).toEqual([tooLong, "inactive"]);
    }
    expect(traceOf({ maxFrameLength: 8 }, chunks, byPeer)).toEqual([hexOf("abcdefgh"), "inactive"]);
  });

  it("copies each byte a constant number of times", () => {
    const decoder = new CloseDelimitedFrameDecoder();
    const channel = new EmbeddedChannel(decoder);
    const length = 2 ** 20;
    for (let i = 0; i < length; i += 64) channel.pipeline.fireChannelRead(ByteBuf.from(new Uint8Array(64)));
    byPeer(channel);
    channel.runPendingTasks();
    expect(channel.readInbound().readableBytes).toBe(length);
    expect(decoder.bytesCopied).toBeLessThan(3 * length);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new CloseDelimitedFrameDecoder({ maxFrameLength: 0 })).toThrow(SluiceError);
  });

  it("gives the same message and errors however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(300), { maxLength: 20 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(byPeer, byUs, byReset),
        (bytes, cuts, maxFrameLength, end) => {
          const whole = traceOf({ maxFrameLength }, [bytes], end);
          expect(traceOf({ maxFrameLength }, cutAt(bytes, cuts), end)).toEqual(whole);
        },
      ),
    );
  });
});
