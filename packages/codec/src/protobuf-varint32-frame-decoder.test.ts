import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, cutEvery, MANY_RUNS, traceOf } from "../test/decoder-trace.js";
import { ProtobufVarint32FrameDecoder } from "./protobuf-varint32-frame-decoder.js";
import { ProtobufVarint32LengthFieldPrepender } from "./protobuf-varint32-length-field-prepender.js";

const framesOf = (hex: string, size = 1e9, maxFrameLength = 300) =>
  traceOf(new ProtobufVarint32FrameDecoder({ maxFrameLength }), cutEvery(ByteBuf.fromHex(hex).toUint8Array(), size));

describe("ProtobufVarint32FrameDecoder", () => {
  it.each([1, 2, 3, 1000])("cuts frames of one-byte and two-byte lengths, in chunks of %i", (size) => {
    const long = "ab".repeat(300);
    expect(framesOf(`01aa 00 ac02${long} 02bbcc`, size)).toEqual(["aa", "", long, "bbcc"]);
  });

  it.each([1, 2, 4, 5, 6, 100])("takes a length with more bytes than it needs, in chunks of %i", (size) => {
    // With four of the five bytes there, or three that add up to nothing, Netty lost the frame boundary.
    expect(framesOf("8100aa 818000bb 81808000cc 8180808000dd 8080808000 01ee", size)).toEqual([
      "aa",
      "bb",
      "cc",
      "dd",
      "",
      "ee",
    ]);
  });

  it.each([1, 3, 1000])("skips a frame that is too long and goes on with the next, in chunks of %i", (size) => {
    expect(framesOf(`04deadbeef ${"05aabbccddee"} 02bbcc`, size, 4)).toEqual([
      "deadbeef",
      "FRAME_TOO_LONG offset=5 length=5 limit=4 hex=05",
      "bbcc",
    ]);
  });

  it("reports the largest length there is as too long, whatever its sign would be in 32 bits", () => {
    const prefix = "ffffffff0f";
    for (const size of [1, 4, 100]) {
      expect(framesOf(`${prefix}0000`, size)).toEqual([
        `FRAME_TOO_LONG offset=0 length=${2 ** 32 - 1} limit=300 hex=${prefix}`,
      ]);
    }
  });

  it.each(["ffffffff10", "ffffffff1f", "8080808010", "8080808080", "ffffffffff01"])(
    "takes %s for corruption: more than 32 bits",
    (prefix) => {
      for (const size of [1, 4, 100]) {
        expect(framesOf(`01aa${prefix}01bb`, size)).toEqual([
          "aa",
          `FRAME_CORRUPTED offset=2 hex=${prefix.slice(0, 10)}`,
        ]);
      }
    },
  );

  it("closes the channel when the length is corrupted", () => {
    const channel = new EmbeddedChannel(new ProtobufVarint32FrameDecoder());
    expect(() => channel.writeInbound(ByteBuf.fromHex("ffffffffff"))).toThrow(
      expect.objectContaining({ code: "FRAME_CORRUPTED" }),
    );
    expect(channel.isOpen).toBe(false);
  });

  it("reports what is left at the end of the stream, inside a length and inside a frame", () => {
    expect(framesOf("01aa ac")).toEqual(["aa", "FRAME_TRUNCATED offset=2 length=1 hex=ac"]);
    expect(framesOf("03aabb")).toEqual(["FRAME_TRUNCATED offset=0 length=3 hex=03aabb"]);
  });

  it("copies a torn frame once, into memory of its length", () => {
    const decoder = new ProtobufVarint32FrameDecoder({ maxFrameLength: 2 ** 21 });
    const channel = new EmbeddedChannel(decoder);
    const length = 2 ** 20;
    const chunk = new Uint8Array(1460);
    channel.writeInbound(ByteBuf.fromHex("808040"));
    for (let sent = 0; sent < length; sent += chunk.length) {
      channel.writeInbound(ByteBuf.from(chunk.subarray(0, Math.min(chunk.length, length - sent))));
    }
    expect(channel.readInbound().readableBytes).toBe(length);
    expect(decoder.bytesCopied).toBeLessThan(length + 16);
    expect(decoder.bytesScanned).toBe(0);
  });

  it("refuses a limit that can never work", () => {
    for (const maxFrameLength of [0, -1, 1.5, Number.NaN]) {
      expect(() => new ProtobufVarint32FrameDecoder({ maxFrameLength })).toThrow(SluiceError);
    }
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const length = fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((n) => [n]),
      fc.tuple(fc.integer({ min: 0, max: 12 }), fc.nat(4)).map(([n, extra]) => padded(n, extra)),
      fc.array(fc.constantFrom(0x80, 0xff, 0x0f, 0x10, 0), { maxLength: 6 }),
    );
    const frame = fc
      .tuple(length, fc.array(fc.nat(255), { maxLength: 12 }))
      .map(([prefix, body]) => [...prefix, ...body]);
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(100), { maxLength: 20 }),
        fc.integer({ min: 1, max: 12 }),
        (frames, cuts, maxFrameLength) => {
          const bytes = Uint8Array.from(frames.flat());
          const whole = traceOf(new ProtobufVarint32FrameDecoder({ maxFrameLength }), [bytes]);
          expect(traceOf(new ProtobufVarint32FrameDecoder({ maxFrameLength }), cutAt(bytes, cuts))).toEqual(whole);
          expect(traceOf(new ProtobufVarint32FrameDecoder({ maxFrameLength }), cutEvery(bytes, 1))).toEqual(whole);
        },
      ),
      MANY_RUNS,
    );
  });
});

describe("ProtobufVarint32LengthFieldPrepender", () => {
  const encode = (message: ByteBuf) => {
    const channel = new EmbeddedChannel(new ProtobufVarint32LengthFieldPrepender());
    channel.writeOutbound(message);
    return channel.outboundMessages as ByteBuf[];
  };

  it.each([
    [0, "00"],
    [1, "01"],
    [127, "7f"],
    [128, "8001"],
    [300, "ac02"],
    [16_383, "ff7f"],
    [16_384, "808001"],
    [2 ** 21 - 1, "ffff7f"],
    [2 ** 21, "80808001"],
  ])("writes %i as %s", (length, prefix) => {
    const sent = ByteBuf.concat(encode(ByteBuf.from(new Uint8Array(length))));
    expect(sent.readableBytes).toBe(length + prefix.length / 2);
    expect(sent.readSlice(prefix.length / 2).hexDump()).toBe(prefix);
  });

  it("uses head-room where there is some", () => {
    const message = ByteBuf.alloc(300, { headRoom: 2 }).writeBytes(new Uint8Array(300));
    expect(encode(message)).toEqual([message]);
    expect(message.readableBytes).toBe(302);
  });

  it("copies a short body and passes a long one by reference", () => {
    expect(encode(ByteBuf.from("hi")).map(String)).toEqual(["\u0002hi"]);
    const long = ByteBuf.from(new Uint8Array(5000));
    expect(encode(long)[1]).toBe(long);
  });

  it("passes other messages", () => {
    const channel = new EmbeddedChannel(new ProtobufVarint32LengthFieldPrepender());
    channel.writeOutbound("text");
    expect(channel.readOutbound()).toBe("text");
  });

  it("writes what the decoder reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }),
        fc.array(fc.nat(1000), { maxLength: 20 }),
        (bodies, cuts) => {
          const sent = ByteBuf.concat(bodies.flatMap((body) => encode(ByteBuf.from(body)))).toUint8Array();
          const expected = bodies.map((body) => ByteBuf.from(body).hexDump());
          expect(traceOf(new ProtobufVarint32FrameDecoder(), cutAt(sent, cuts))).toEqual(expected);
        },
      ),
    );
  });
});

/** `n` as a varint with `extra` bytes more than it needs. */
function padded(n: number, extra: number): number[] {
  const bytes = [n, ...new Array<number>(extra).fill(0)];
  return bytes.map((byte, i) => (i < extra ? byte | 0x80 : byte));
}
