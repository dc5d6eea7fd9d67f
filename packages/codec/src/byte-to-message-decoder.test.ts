import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandler, type ChannelHandlerContext, ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, describe as describeError, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { ByteToMessageDecoder, type ByteToMessageDecoderOptions } from "./byte-to-message-decoder.js";
import type { MessageSink } from "./message-sink.js";

type Decode = (this: Scripted, input: ByteBuf, out: MessageSink<unknown>, ctx: ChannelHandlerContext) => void;

/** A decoder whose answer is a function. */
class Scripted extends ByteToMessageDecoder<unknown> {
  readonly #decode: Decode;
  last: Decode | undefined;
  removed: (() => void) | undefined;

  constructor(decode: Decode, options?: ByteToMessageDecoderOptions) {
    super(options);
    this.#decode = decode;
  }

  protected override decode(ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<unknown>): void {
    this.#decode.call(this, input, out, ctx);
  }

  protected override decodeLast(ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<unknown>): void {
    if (this.last === undefined) super.decodeLast(ctx, input, out);
    else this.last.call(this, input, out, ctx);
  }

  protected override handlerRemoved0(): void {
    this.removed?.();
  }

  needs(bytes: number): void {
    this.need(bytes);
  }
}

/** One character each; a `!` throws a recoverable error, a `?` a fatal one. */
const characters: Decode = (input, out) => {
  const character = input.readString(1);
  if (character === "!") throw new SluiceError("FRAME_TOO_LONG", "!");
  if (character === "?") throw new SluiceError("FRAME_CORRUPTED", "?");
  out.push(character);
};

/** Two characters each. */
const pairs: Decode = (input, out) => {
  if (input.readableBytes >= 2) out.push(input.readString(2));
};

/** Writes down what reaches it, and passes nothing on. */
function recorder(log: string[], name = ""): ChannelHandler {
  const note = (what: string) => log.push(name + what);
  return {
    handlerAdded: () => name !== "" && note("added"),
    channelRead: (_ctx, message) => note(message instanceof ByteBuf ? `bytes ${message}` : String(message)),
    channelReadComplete: () => note("complete"),
    userEventTriggered: () => note("event"),
    exceptionCaught: (_ctx, error) => note(describeError(error)),
    channelInactive: () => note("inactive"),
  };
}

function channelWith(...handlers: ChannelHandler[]): { channel: EmbeddedChannel; log: string[] } {
  const log: string[] = [];
  return { channel: new EmbeddedChannel(...handlers, recorder(log)), log };
}

const bytes = (text: string) => ByteBuf.from(text);

describe("ByteToMessageDecoder", () => {
  describe("messages", () => {
    it("passes each one on before the next is decoded", () => {
      const log: string[] = [];
      const decoder = new Scripted((input, out) => {
        const character = input.readString(1);
        log.push(`decode ${character}`);
        out.push(character);
      });
      new EmbeddedChannel(decoder, recorder(log)).writeInbound(bytes("ab"));
      expect(log).toEqual(["decode a", "a", "decode b", "b", "complete"]);
    });

    it("takes several from one call", () => {
      const { channel, log } = channelWith(
        new Scripted((input, out) => {
          for (const character of input.readString(input.readableBytes)) out.push(character);
        }),
      );
      channel.writeInbound(bytes("abc"), bytes("de"));
      expect(log).toEqual(["a", "b", "c", "d", "e", "complete"]);
    });

    it("passes on what is not bytes, unchanged", () => {
      const { channel, log } = channelWith(new Scripted(pairs));
      channel.writeInbound("text", bytes("a"), 7);
      expect(log).toEqual(["text", "7", "complete"]);
    });

    it("calls again when bytes were consumed without a message", () => {
      const { channel, log } = channelWith(
        new Scripted((input, out) => {
          if (input.readUint8() === 0x61) out.push("a");
        }),
      );
      channel.writeInbound(bytes("xxa"));
      expect(log).toEqual(["a", "complete"]);
    });

    it("queues what arrives while one is being handled", () => {
      const log: string[] = [];
      const channel = new EmbeddedChannel(new Scripted(pairs), {
        channelRead(_ctx, message) {
          log.push(`begin ${message}`);
          if (message === "ab") channel.pipeline.fireChannelRead(bytes("ef"));
          log.push(`end ${message}`);
        },
      });
      channel.writeInbound(bytes("abcd"));
      expect(log).toEqual(["begin ab", "end ab", "begin cd", "end cd", "begin ef", "end ef"]);
    });

    it("does not call decode before what it needs is there", () => {
      const seen: number[] = [];
      const decoder = new Scripted(function (input, out) {
        seen.push(input.readableBytes);
        if (input.readableBytes < 5) this.needs(5);
        else out.push(input.readString(5));
      });
      const channel = new EmbeddedChannel(decoder);
      for (const chunk of cutEvery(bytesOf("helloworld"), 1)) channel.writeInbound(ByteBuf.from(chunk));
      expect(channel.inboundMessages).toEqual(["hello", "world"]);
      expect(seen).toEqual([1, 5, 1, 5]);
    });

    it("still delivers the rest of a chunk when the channel is closed in between", () => {
      const log: string[] = [];
      const channel = new EmbeddedChannel(new Scripted(characters), {
        channelRead(ctx, message) {
          log.push(String(message));
          if (message === "a") ctx.close();
        },
        channelInactive: () => log.push("inactive"),
      });
      channel.writeInbound(bytes("abc"));
      expect(log).toEqual(["a", "b", "c", "inactive"]);
    });

    it("still delivers the rest of a chunk when the channel ends while a message is being handled", () => {
      const { channel, log } = channelWith(new Scripted(pairs), {
        channelRead(ctx, message) {
          ctx.fireChannelRead(message);
          if (message === "ab") channel.pipeline.fireChannelInactive();
        },
      });
      channel.writeInbound(bytes("a"), bytes("bcdefg"));
      expect(log).toEqual([
        "ab",
        "cd",
        "ef",
        "FRAME_TRUNCATED offset=6 length=1 hex=67",
        "complete",
        "inactive",
        "complete",
      ]);
    });

    it("ends after decode when the channel ends inside it", () => {
      const { channel, log } = channelWith(
        new Scripted((input, out, ctx) => {
          if (input.readableBytes < 2) return;
          out.push(input.readString(2));
          ctx.pipeline.fireChannelInactive();
        }),
      );
      channel.writeInbound(bytes("abcde"));
      expect(log.slice(0, -1)).toEqual([
        "inactive",
        "ab",
        "inactive",
        "cd",
        "FRAME_TRUNCATED offset=4 length=1 hex=65",
      ]);
    });
  });

  describe("memory", () => {
    it("makes messages of the chunk itself when nothing was left over", () => {
      const channel = new EmbeddedChannel(new Scripted((input, out) => out.push(input.readSlice(2))));
      const chunk = bytes("abcd");
      channel.writeInbound(chunk);
      expect(channel.inboundMessages.every((message) => (message as ByteBuf).array === chunk.array)).toBe(true);
    });

    it("never changes a message that was handed out", () => {
      const lengthThenBytes: Decode = (input, out) => {
        const length = 1 + (input.getUint8(input.readerIndex) % 50);
        if (input.readableBytes >= length) out.push(input.readSlice(length));
      };
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat(500), { maxLength: 50 }), (stream, cuts) => {
          const channel = new EmbeddedChannel(new Scripted(lengthThenBytes));
          for (const chunk of cutAt(stream, cuts)) channel.pipeline.fireChannelRead(ByteBuf.from(chunk));
          const read = ByteBuf.concat(channel.inboundMessages as ByteBuf[]);
          expect(read.hexDump()).toBe(ByteBuf.from(stream.slice(0, read.readableBytes)).hexDump());
        }),
      );
    });

    it("never writes to the memory of a chunk", () => {
      const { channel, log } = channelWith(new Scripted(pairs), {
        channelRead(ctx, message) {
          ctx.fireChannelRead(message);
          if (message !== "ab") return;
          channel.pipeline.fireChannelRead(bytes("d"));
          channel.pipeline.fireChannelInactive();
        },
      });
      const memory = new Uint8Array(64);
      memory.set(bytesOf("abc"));
      const chunk = ByteBuf.from(memory);
      chunk.writerIndex = 3;
      channel.pipeline.fireChannelRead(chunk);
      expect(log).toEqual(["ab", "cd", "complete", "inactive"]);
      expect(memory.indexOf(0)).toBe(3);
    });

    it("does not keep a chunk alive for what is left of it", () => {
      let seen: ByteBuf | undefined;
      const { channel } = channelWith(
        new Scripted((input) => {
          seen = input;
        }),
      );
      const chunk = ByteBuf.wrap(bytesOf("a"), 0, 1);
      channel.writeInbound(chunk, bytes("b"));
      expect(seen?.array).not.toBe(chunk.array);
      expect(String(seen)).toBe("ab");
    });
  });

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

  describe("leaving the pipeline", () => {
    it("passes on what is unread", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder);
      decoder.removed = () => log.push("removed");
      channel.writeInbound(bytes("abc"));
      channel.pipeline.remove(decoder);
      channel.writeInbound(bytes("d"));
      expect(log).toEqual(["ab", "complete", "bytes c", "complete", "removed", "bytes d", "complete"]);
    });

    it("passes on nothing when nothing is unread", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder);
      decoder.removed = () => log.push("removed");
      channel.writeInbound(bytes("ab"));
      channel.pipeline.remove(decoder);
      expect(log).toEqual(["ab", "complete", "removed"]);
    });

    it.each([1, 3, 100])("from inside decode: messages first, then the rest, in chunks of %i", (size) => {
      const decoder = new Scripted((input, out, ctx) => {
        if (input.readableBytes < 3) return;
        out.push(input.readString(1));
        out.push(input.readString(2));
        ctx.pipeline.remove(decoder);
      });
      const log: string[] = [];
      decoder.removed = () => log.push("removed");
      const channel = new EmbeddedChannel(decoder, recorder(log));
      channel.writeInbound(...cutEvery(bytesOf("abcdef"), size).map((chunk) => ByteBuf.from(chunk)));
      const rest = log.filter((line) => line.startsWith("bytes ")).map((line) => line.slice(6));
      expect(log.slice(0, 2)).toEqual(["a", "bc"]);
      expect(rest.join("")).toBe("def");
      expect(log.filter((line) => line === "removed")).toHaveLength(1);
    });

    it("from a handler in the middle of a chunk: a protocol switch", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          if (message === "ab") {
            ctx.pipeline.remove(decoder);
            log.push("switched");
          }
          ctx.fireChannelRead(message);
        },
      });
      channel.writeInbound(bytes("a"), bytes("bcdef"));
      expect(log).toEqual(["switched", "ab", "bytes cdef", "complete", "complete"]);
    });

    it("while several messages of one call are on their way", () => {
      const decoder = new Scripted((input, out) => {
        for (const character of input.readString(2)) out.push(character);
      });
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          if (message === "a") ctx.pipeline.remove(decoder);
          ctx.fireChannelRead(message);
        },
      });
      channel.writeInbound(bytes("abcd"));
      expect(log).toEqual(["a", "b", "bytes cd", "complete", "complete"]);
    });

    it("passes on what was waiting as well", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          if (message === "ab") {
            channel.pipeline.fireChannelRead(bytes("gh"));
            channel.pipeline.remove(decoder);
          }
          ctx.fireChannelRead(message);
        },
      });
      channel.writeInbound(bytes("abcdef"));
      expect(log).toEqual(["ab", "bytes cdef", "bytes gh", "complete", "complete"]);
    });

    it("gives what is unread to a replacement, which has been added before", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder);
      decoder.removed = () => log.push("removed");
      channel.writeInbound(bytes("abc"));
      channel.pipeline.replace(decoder, recorder(log, "X "));
      channel.writeInbound(bytes("d"));
      expect(log).toEqual([
        "ab",
        "complete",
        "X added",
        "X bytes c",
        "X complete",
        "removed",
        "X bytes d",
        "X complete",
      ]);
    });

    it("gives what is unread to a replacement from the middle of a chunk", () => {
      const decoder = new Scripted(characters);
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          ctx.fireChannelRead(message);
          if (message === "b") ctx.pipeline.replace(decoder, new Scripted(pairs));
        },
      });
      channel.writeInbound(bytes("abcdefg"), bytes("h"));
      expect(log.filter((line) => line !== "complete")).toEqual(["a", "b", "cd", "ef", "gh"]);
    });

    it("loses no byte and passes none on twice, whenever that happens", () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 60 }),
          fc.array(fc.nat(60), { maxLength: 10 }),
          fc.nat(30),
          fc.nat(30),
          fc.boolean(),
          (stream, cuts, removeAt, nestAt, inside) => {
            const chunks = cutAt(stream, cuts).map((chunk) => ByteBuf.from(chunk));
            let calls = 0;
            const decoder = new Scripted((input, out) => {
              const length = 1 + (input.getUint8(input.readerIndex) % 3);
              if (inside && calls++ === removeAt) channel.pipeline.remove(decoder);
              if (input.readableBytes < length) return;
              for (let i = 0; i < length; i++) out.push(input.readSlice(1));
            });
            const got: ByteBuf[] = [];
            const channel = new EmbeddedChannel(decoder, {
              channelRead(_ctx, message) {
                got.push(message);
                // Arrives while the decoder is busy.
                if (got.length === nestAt && decoderIsIn())
                  channel.pipeline.fireChannelRead(chunks.shift() ?? ByteBuf.EMPTY);
                if (!inside && got.length === removeAt && decoderIsIn()) channel.pipeline.remove(decoder);
              },
            });
            const decoderIsIn = () => channel.pipeline.context(decoder) !== undefined;
            while (chunks.length > 0) channel.pipeline.fireChannelRead(chunks.shift());
            if (decoderIsIn()) channel.pipeline.remove(decoder);
            expect(ByteBuf.concat(got).hexDump()).toBe(ByteBuf.from(stream).hexDump());
          },
        ),
        MANY_RUNS,
      );
    });

    it("after a fatal error: nothing is passed on, and it is told all the same", () => {
      const decoder = new Scripted(characters, { closeOnFatalError: false });
      const { channel, log } = channelWith(decoder, {
        exceptionCaught: (ctx) => ctx.pipeline.remove(decoder),
      });
      decoder.removed = () => log.push("removed");
      channel.writeInbound(bytes("?abc"));
      expect(log).toEqual(["removed", "complete"]);
    });

    it("at the end of the channel: what is unread has been reported and is not passed on", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder);
      decoder.removed = () => log.push("removed");
      channel.writeInbound(bytes("a"));
      channel.finish();
      expect(log).toEqual(["complete", "FRAME_TRUNCATED offset=0 length=1 hex=61", "inactive", "removed"]);
    });
  });

  describe("with autoRead off", () => {
    function readsOf(...bursts: (ByteBuf | string)[][]): number[] {
      let reads = 0;
      const channel = new EmbeddedChannel({ read: () => reads++ }, new Scripted(characterPairs));
      channel.autoRead = false;
      return bursts.map((burst) => {
        reads = 0;
        try {
          channel.writeInbound(...burst);
        } catch {
          // The error has been seen; what matters is who reads on.
        }
        return reads;
      });
    }
    const characterPairs: Decode = (input, out) => {
      if (input.readableBytes < 2) return;
      const pair = input.readString(2);
      if (pair === "!!") throw new SluiceError("FRAME_TOO_LONG");
      out.push(pair);
    };

    it("asks for more, once, after a burst without a message", () => {
      expect(readsOf([bytes("a")], [bytes("b")], [bytes("cde")], [bytes("f")])).toEqual([1, 0, 0, 0]);
      expect(readsOf([bytes("a"), bytes("")], [bytes("bc"), bytes("d")])).toEqual([1, 0]);
    });

    it("asks after a burst with nothing but an error, and not after one without bytes", () => {
      expect(readsOf([bytes("!!")], ["text"])).toEqual([1, 0]);
    });
  });

  it("gives the same messages and errors however the stream is cut", () => {
    // A made-up protocol with all kinds of answers: consuming without a message, several messages, errors, needs.
    const protocol: Decode = function (input, out) {
      const length = input.getUint8(input.readerIndex) & 0x0f;
      if (length === 0) input.skipBytes(1);
      else if (length === 15) throw new SluiceError("FRAME_CORRUPTED", undefined, { offset: 0 });
      else if (input.readableBytes < length) {
        if (length % 2 === 0) this.needs(length);
      } else if (length === 14) {
        input.skipBytes(length);
        throw new SluiceError("FRAME_TOO_LONG");
      } else {
        out.push(input.readSlice(1));
        if (length > 1) out.push(input.readSlice(length - 1));
      }
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 150 }),
        fc.array(fc.nat(150), { maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (stream, cuts, maxAccumulatedBytes) => {
          const traced = (chunks: Uint8Array[]) => {
            const decoder = new Scripted(protocol, { maxAccumulatedBytes });
            return [...traceOf(decoder, chunks), `dropped ${decoder.droppedBytes}`];
          };
          const whole = traced([stream]);
          expect(traced(cutAt(stream, cuts))).toEqual(whole);
          expect(traced(cutEvery(stream, 1))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});
