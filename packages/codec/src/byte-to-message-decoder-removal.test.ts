import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, cutEvery, MANY_RUNS } from "../test/decoder-trace.js";
import { bytes, channelWith, characters, pairs, recorder, Scripted } from "../test/scripted-decoder.js";

describe("ByteToMessageDecoder", () => {
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
      expect(log).toEqual(["ab", "bytes cdefgh", "complete", "complete"]);
    });

    it("gives what was waiting to a replacement before what arrives while that decodes", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          ctx.fireChannelRead(message);
          if (message === "ab") {
            channel.pipeline.fireChannelRead(bytes("ef"));
            channel.pipeline.replace(decoder, new Scripted(pairs));
          } else if (message === "cd") channel.pipeline.fireChannelRead(bytes("gh"));
        },
      });
      channel.writeInbound(bytes("abcd"));
      expect(log.filter((line) => line !== "complete")).toEqual(["ab", "cd", "ef", "gh"]);
    });

    it("keeps other messages in their place among the bytes that were waiting", () => {
      const decoder = new Scripted(pairs);
      const { channel, log } = channelWith(decoder, {
        channelRead(ctx, message) {
          if (message === "ab") {
            for (const one of [bytes("d"), "x", bytes("e"), bytes("f")]) channel.pipeline.fireChannelRead(one);
            channel.pipeline.remove(decoder);
          }
          ctx.fireChannelRead(message);
        },
      });
      channel.writeInbound(bytes("abc"));
      expect(log).toEqual(["ab", "bytes cd", "x", "bytes ef", "complete", "complete"]);
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
});
