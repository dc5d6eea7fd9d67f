import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, cutEvery, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import type { ByteOrder, LengthFieldLength } from "./length-field.js";
import {
  LengthFieldBasedFrameDecoder,
  type LengthFieldBasedFrameDecoderOptions,
} from "./length-field-based-frame-decoder.js";

const HELLO = "48454c4c4f2c20574f524c44";

const framesOf = (options: LengthFieldBasedFrameDecoderOptions, hex: string, size = Number.POSITIVE_INFINITY) =>
  traceOf(
    new LengthFieldBasedFrameDecoder(options),
    cutEvery(ByteBuf.fromHex(hex).toUint8Array(), Math.min(size, 1e9)),
  );

describe("LengthFieldBasedFrameDecoder", () => {
  describe("the classic shapes", () => {
    it.each([
      ["length at 0, keep the header", 0, 2, 0, 0, "000c", "000c"],
      ["length at 0, strip the header", 0, 2, 0, 2, "000c", ""],
      ["the length counts the whole message", 0, 2, -2, 0, "000e", "000e"],
      ["length at the end of a longer header", 2, 3, 0, 0, "cafe00000c", "cafe00000c"],
      ["length at the start of a longer header", 0, 3, 2, 0, "00000ccafe", "00000ccafe"],
      ["length in the middle, strip up to it", 1, 2, 1, 3, "ca000cfe", "fe"],
      ["the same, counting the whole message", 1, 2, -3, 3, "ca0010fe", "fe"],
    ] as const)(
      "%s",
      (_name, lengthFieldOffset, lengthFieldLength, lengthAdjustment, initialBytesToStrip, head, kept) => {
        const options = { lengthFieldOffset, lengthFieldLength, lengthAdjustment, initialBytesToStrip };
        for (const size of [1, 2, 3, 7, 100]) {
          expect(framesOf(options, (head + HELLO).repeat(3), size)).toEqual(Array(3).fill(kept + HELLO));
        }
      },
    );
  });

  it.each([
    [1, "BE", "02"],
    [1, "LE", "02"],
    [2, "BE", "0002"],
    [2, "LE", "0200"],
    [3, "BE", "000002"],
    [3, "LE", "020000"],
    [4, "BE", "00000002"],
    [4, "LE", "02000000"],
    [8, "BE", "0000000000000002"],
    [8, "LE", "0200000000000000"],
  ] as const)("reads a field of %i bytes, %s", (lengthFieldLength, byteOrder, field) => {
    const options = { lengthFieldLength, byteOrder, initialBytesToStrip: lengthFieldLength };
    expect(framesOf(options, `${field}cafe${field}beef`)).toEqual(["cafe", "beef"]);
  });

  it("delivers empty frames", () => {
    expect(framesOf({ lengthFieldLength: 2, initialBytesToStrip: 2 }, "000000000001ff")).toEqual(["", "", "ff"]);
  });

  describe("a frame that is too long", () => {
    const options = { lengthFieldLength: 2, maxFrameLength: 6 } as const;
    const tooLong = "FRAME_TOO_LONG offset=0 length=7 limit=6 hex=0005";

    it.each([true, false])("is skipped; what follows in the same chunk comes at once, failFast %s", (failFast) => {
      for (const size of [1, 3, 100]) {
        expect(framesOf({ ...options, failFast }, "00051122334455 00041a1b1c1d 0001ee", size)).toEqual([
          tooLong,
          "00041a1b1c1d",
          "0001ee",
        ]);
      }
    });

    it("is reported with its header, or behind its last byte", () => {
      const whenTold = (failFast: boolean) => {
        const channel = new EmbeddedChannel(new LengthFieldBasedFrameDecoder({ ...options, failFast }));
        return ["00", "05", "11223344", "55"].findIndex((hex) => {
          try {
            channel.writeInbound(ByteBuf.fromHex(hex));
            return false;
          } catch {
            return true;
          }
        });
      };
      expect([whenTold(true), whenTold(false)]).toEqual([1, 3]);
    });

    it.each([true, false])("is reported once when the stream ends inside it, failFast %s", (failFast) => {
      expect(framesOf({ ...options, failFast }, "00051122", 1)).toEqual([tooLong]);
    });
  });

  describe("a length that is impossible", () => {
    it("is fatal when it is adjusted to less than the header", () => {
      for (const size of [1, 100]) {
        expect(framesOf({ lengthFieldLength: 2, lengthAdjustment: -4 }, "0005aa 0003 ffff", size)).toEqual([
          "0005aa",
          "FRAME_CORRUPTED offset=3 hex=0003",
        ]);
      }
    });

    it("is fatal above 2^53, not rounded", () => {
      expect(framesOf({ lengthFieldLength: 8 }, "0020000000000000 00")).toEqual([
        "FRAME_CORRUPTED offset=0 hex=0020000000000000",
      ]);
      // The field is counted too: the frame is what has to be exact.
      expect(framesOf({ lengthFieldLength: 8 }, "001ffffffffffff8 00")).toEqual([
        "FRAME_CORRUPTED offset=0 hex=001ffffffffffff8",
      ]);
      expect(framesOf({ lengthFieldLength: 8 }, "001ffffffffffff7 00")).toEqual([
        `FRAME_TOO_LONG offset=0 length=${2 ** 53 - 1} limit=1048576 hex=001ffffffffffff7`,
      ]);
    });

    it("is fatal when the frame is shorter than what is to be stripped", () => {
      expect(framesOf({ lengthFieldLength: 1, initialBytesToStrip: 3 }, "02aabb 01aa 02aabb", 1)).toEqual([
        "",
        "FRAME_CORRUPTED offset=3 hex=01",
      ]);
    });
  });

  it("reports what is left at the end of the stream", () => {
    expect(framesOf({ lengthFieldLength: 2 }, "0001aa 0003bb")).toEqual([
      "0001aa",
      "FRAME_TRUNCATED offset=3 length=3 hex=0003bb",
    ]);
  });

  it("lets a subclass read the length and make the message", () => {
    class Flagged extends LengthFieldBasedFrameDecoder {
      protected override getUnadjustedFrameLength(
        input: ByteBuf,
        index: number,
        length: LengthFieldLength,
        order: ByteOrder,
      ) {
        return super.getUnadjustedFrameLength(input, index, length, order) & 0x0f;
      }
      protected override extractFrame(input: ByteBuf, index: number, length: number) {
        return input.slice(index, length).copy();
      }
    }
    const channel = new EmbeddedChannel(new Flagged({ lengthFieldLength: 1, initialBytesToStrip: 1 }));
    const chunk = ByteBuf.fromHex("f2aabb 01cc");
    channel.writeInbound(chunk);
    expect(channel.inboundMessages.map((frame) => (frame as ByteBuf).hexDump())).toEqual(["aabb", "cc"]);
    expect(channel.readInbound().array).not.toBe(chunk.array);
  });

  it("copies each byte of a long frame at most once", () => {
    const length = 2 ** 24;
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, maxFrameLength: length });
    const channel = new EmbeddedChannel(decoder);
    const bytes = new Uint8Array(length + 100);
    ByteBuf.from(bytes).setUint32(0, length - 4);
    for (let at = 0; at < bytes.length; at += 1460) {
      channel.pipeline.fireChannelRead(ByteBuf.from(bytes.subarray(at, at + 1460)));
    }
    expect(channel.readInbound().readableBytes).toBe(length);
    expect(decoder.bytesCopied).toBeLessThanOrEqual(length + 100);
  });

  it("copies no frame that arrived whole", () => {
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1 });
    const channel = new EmbeddedChannel(decoder);
    const chunk = ByteBuf.fromHex("02aabb01cc");
    channel.writeInbound(chunk);
    expect(decoder.bytesCopied).toBe(0);
    expect(channel.readInbound().array).toBe(chunk.array);
  });

  it("refuses parameters that can never work", () => {
    const impossible: LengthFieldBasedFrameDecoderOptions[] = [
      { lengthFieldLength: 5 as LengthFieldLength },
      { lengthFieldLength: 2, byteOrder: "middle" as ByteOrder },
      { lengthFieldLength: 2, maxFrameLength: 0 },
      { lengthFieldLength: 4, maxFrameLength: 3 },
      { lengthFieldLength: 2, lengthFieldOffset: 9, maxFrameLength: 10 },
      { lengthFieldLength: 2, lengthFieldOffset: -1 },
      { lengthFieldLength: 2, initialBytesToStrip: -1 },
      { lengthFieldLength: 2, initialBytesToStrip: 20, maxFrameLength: 10 },
      { lengthFieldLength: 2, lengthAdjustment: 0.5 },
      { lengthFieldLength: 1, lengthAdjustment: -256 },
      { lengthFieldLength: 1, lengthAdjustment: 10, maxFrameLength: 10 },
    ];
    for (const options of impossible) {
      expect(() => new LengthFieldBasedFrameDecoder(options), JSON.stringify(options)).toThrow(SluiceError);
    }
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const shapes = fc.record({
      lengthFieldLength: fc.constantFrom<LengthFieldLength>(1, 2, 3, 4, 8),
      lengthFieldOffset: fc.nat(3),
      lengthAdjustment: fc.integer({ min: -6, max: 4 }),
      initialBytesToStrip: fc.nat(6),
      maxFrameLength: fc.integer({ min: 15, max: 40 }),
      byteOrder: fc.constantFrom<ByteOrder>("BE", "LE"),
      failFast: fc.boolean(),
    });
    // Mostly zeros, so that long fields hold short lengths.
    const byte = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(40) }, fc.nat(255));
    fc.assert(
      fc.property(
        shapes,
        fc.array(byte, { maxLength: 120 }),
        fc.array(fc.nat(120), { maxLength: 20 }),
        (options, list, cuts) => {
          const bytes = Uint8Array.from(list);
          const whole = traceOf(new LengthFieldBasedFrameDecoder(options), [bytes]);
          expect(traceOf(new LengthFieldBasedFrameDecoder(options), cutAt(bytes, cuts))).toEqual(whole);
          expect(traceOf(new LengthFieldBasedFrameDecoder(options), cutEvery(bytes, 1))).toEqual(whole);
          const late = { ...options, failFast: !options.failFast };
          expect(traceOf(new LengthFieldBasedFrameDecoder(late), cutAt(bytes, cuts))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});
