import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { bytesOf, cutEvery, traceOf } from "../test/decoder-trace.js";
import { bytes, channelWith, characters, type Decode, pairs, Scripted } from "../test/scripted-decoder.js";

describe("ByteToMessageDecoder", () => {
  describe("errors", () => {
    it("goes on with the same chunk after one that is recoverable", () => {
      const { channel, log } = channelWith(new Scripted(characters));
      channel.writeInbound(bytes("a!b"));
      expect(log).toEqual(["a", "FRAME_TOO_LONG", "b", "complete"]);
    });

    it("tells of messages that were made before the error first", () => {
      const { channel, log } = channelWith(
        new Scripted((input, out) => {
          out.push(input.readString(1));
          throw new SluiceError("FRAME_TOO_LONG");
        }),
      );
      channel.writeInbound(bytes("ab"));
      expect(log).toEqual(["a", "FRAME_TOO_LONG", "b", "FRAME_TOO_LONG", "complete"]);
    });

    it("asks its own exceptionCaught first", () => {
      class Own extends Scripted {
        override exceptionCaught(ctx: ChannelHandlerContext, error: Error) {
          ctx.fireExceptionCaught(new SluiceError("INVALID_TEXT", error.message));
        }
      }
      const { channel, log } = channelWith(new Own(characters));
      channel.writeInbound(bytes("!"));
      expect(log).toEqual(["INVALID_TEXT", "complete"]);
    });

    it("drops and counts everything from a fatal one on, and closes", () => {
      const decoder = new Scripted(characters);
      const { channel, log } = channelWith(decoder);
      channel.pipeline.fireChannelRead(bytes("a?bc"));
      channel.pipeline.fireChannelRead(bytes("def"));
      expect(log).toEqual(["a", "FRAME_CORRUPTED"]);
      expect(decoder.droppedBytes).toBe(5);
      expect(channel.isOpen).toBe(false);
    });

    it("leaves the channel open when told to", () => {
      const decoder = new Scripted(characters, { closeOnFatalError: false });
      const { channel, log } = channelWith(decoder);
      channel.writeInbound(bytes("?a"));
      channel.writeInbound(bytes("b"), "text");
      channel.finish();
      expect(log).toEqual(["FRAME_CORRUPTED", "complete", "text", "complete", "inactive"]);
      expect(decoder.droppedBytes).toBe(2);
    });

    it.each([
      ["throws what is no SluiceError", () => JSON.parse("{"), SyntaxError],
      ["throws what is no Error", () => Promise.reject.call(undefined as never), TypeError],
      ["reads bytes that are not there", (input: ByteBuf) => input.readUint32(), SluiceError],
      ["moves readerIndex back", (input: ByteBuf) => input.slice(), undefined],
    ])("is fatal when decode %s", (_name, decode, cause) => {
      const errors: SluiceError[] = [];
      const channel = new EmbeddedChannel(new Scripted(decode as Decode, { closeOnFatalError: true }), {
        exceptionCaught: (_ctx, error) => errors.push(error as SluiceError),
      });
      channel.pipeline.fireChannelRead(bytes("ab"));
      if (cause === undefined) return expect(errors).toEqual([]);
      expect(errors.map((error) => error.code)).toEqual(["DECODE_FAILED"]);
      expect(errors[0]?.cause).toBeInstanceOf(cause);
      expect(channel.isOpen).toBe(false);
    });

    it.each<[string, Decode]>([
      ["makes a message without consuming a byte", (_input, out) => out.push("x")],
      [
        "moves readerIndex back",
        (input) => {
          if (input.readerIndex === 0) input.skipBytes(1);
          else input.readerIndex = 0;
        },
      ],
      [
        "throws again and again without consuming a byte",
        () => {
          throw new SluiceError("FRAME_TOO_LONG");
        },
      ],
    ])("is fatal when decode %s", (_name, decode) => {
      const { channel, log } = channelWith(new Scripted(decode));
      channel.pipeline.fireChannelRead(bytes("ab"));
      expect(log.at(-1)).toMatch(/^DECODE_FAILED offset=\d$/);
      expect(channel.isOpen).toBe(false);
    });

    it("lets an error be thrown without a byte consumed when only the state has moved", () => {
      let reported = false;
      const { channel, log } = channelWith(
        new Scripted((input, out) => {
          if (!reported) {
            reported = true;
            throw new SluiceError("FRAME_TOO_LONG");
          }
          out.push(input.readString(1));
        }),
      );
      channel.writeInbound(bytes("a"));
      expect(log).toEqual(["FRAME_TOO_LONG", "a", "complete"]);
    });

    it("gives up, loudly, when an error listener throws", () => {
      const decoder = new Scripted(characters);
      const channel = new EmbeddedChannel(decoder, {
        channelRead() {
          throw new Error("handler");
        },
        exceptionCaught(_ctx, error) {
          throw error;
        },
      });
      channel.unhandledError = (error) => {
        throw error;
      };
      expect(() => channel.pipeline.fireChannelRead(bytes("abc"))).toThrow("handler");
      expect(() => channel.pipeline.fireChannelRead(bytes("d"))).not.toThrow();
      expect(decoder.droppedBytes).toBe(3);
    });

    it.each([1, 2, 3, 5, 100])("bounds what a decoder may accumulate, in chunks of %i", (size) => {
      const sentences: Decode = (input, out) => {
        const end = input.indexOf(0x2e);
        if (end >= 0) out.push(input.readString(end + 1 - input.readerIndex));
      };
      const decoder = new Scripted(sentences, { maxAccumulatedBytes: 5 });
      expect(traceOf(decoder, cutEvery(bytesOf("ab.cdef.abcde.xy."), size))).toEqual([
        "ab.",
        "cdef.",
        "ACCUMULATION_EXCEEDED offset=8 length=5 limit=5 hex=6162636465",
      ]);
      expect(decoder.droppedBytes).toBe(9);
    });
  });

  describe("the end of the stream", () => {
    it("calls decodeLast once with what is left, or with nothing", () => {
      for (const [text, left] of [
        ["abc", "c"],
        ["ab", ""],
      ] as const) {
        const calls: string[] = [];
        const decoder = new Scripted(pairs);
        decoder.last = (input, out) => {
          calls.push(String(input));
          out.push(`last ${input.readString(input.readableBytes)}`);
        };
        const { channel, log } = channelWith(decoder);
        channel.writeInbound(bytes(text));
        channel.finish();
        expect(calls).toEqual([left]);
        expect(log).toEqual(["ab", "complete", `last ${left}`, "complete", "inactive"]);
      }
    });

    it("calls decodeLast again while it consumes", () => {
      const decoder = new Scripted(() => {});
      decoder.last = characters;
      const { channel, log } = channelWith(decoder);
      channel.writeInbound(bytes("a!b"));
      channel.finish();
      expect(log).toEqual(["complete", "a", "FRAME_TOO_LONG", "b", "complete", "inactive"]);
    });

    it("reports bytes that are left, before channelInactive", () => {
      const { channel, log } = channelWith(new Scripted(pairs));
      channel.writeInbound(bytes("abc"));
      channel.finish();
      expect(log).toEqual(["ab", "complete", "FRAME_TRUNCATED offset=2 length=1 hex=63", "inactive"]);
    });

    it("is the end of input when output stays open", () => {
      const decoder = new Scripted(pairs);
      let lastCalls = 0;
      decoder.last = () => lastCalls++;
      const { channel, log } = channelWith(decoder);
      channel.writeInbound(bytes("abc"));
      channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
      channel.finish();
      expect(log).toEqual(["ab", "complete", "FRAME_TRUNCATED offset=2 length=1 hex=63", "event", "inactive"]);
      expect(lastCalls).toBe(1);
    });

    it("passes on other user events", () => {
      const { channel, log } = channelWith(new Scripted(pairs));
      channel.pipeline.fireUserEventTriggered("hello");
      expect(log).toEqual(["event"]);
    });
  });
});
