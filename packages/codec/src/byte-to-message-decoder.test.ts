import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { bytes, channelWith, characters, type Decode, pairs, recorder, Scripted } from "../test/scripted-decoder.js";

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

    it.each([100, 4000])("makes no more room than what may be left unread needs, for a chunk of %i", (size) => {
      const rooms = new Set<number>();
      const tenThousand: Decode = (input) => {
        if (input.readableBytes > 5000) rooms.add(input.capacity);
        if (input.readableBytes > 10_000) input.skipBytes(10_000);
      };
      const { channel } = channelWith(new Scripted(tenThousand, { maxUnreadBytes: 10_000 }));
      for (let i = 0; i < 9; i++) channel.writeInbound(ByteBuf.from(new Uint8Array(1100)));
      channel.writeInbound(ByteBuf.from(new Uint8Array(size)));
      // Twice what there was when it moved; then not 15 400, but room for the byte that makes decoding go on.
      expect([...rooms]).toEqual([6600, 10_001]);
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
