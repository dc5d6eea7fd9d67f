/** Frames whose length is known. */

import {
  type ByteBuf,
  FixedLengthFrameDecoder,
  type FixedLengthFrameDecoderOptions,
  LengthFieldBasedFrameDecoder,
  type LengthFieldBasedFrameDecoderOptions,
  ProtobufVarint32FrameDecoder,
  type ProtobufVarint32FrameDecoderOptions,
} from "sluice";
import { type FramingExample, hex } from "./framing-example.js";

const fixed = (options: FixedLengthFrameDecoderOptions) => () => new FixedLengthFrameDecoder(options);
const field = (options: LengthFieldBasedFrameDecoderOptions) => () => new LengthFieldBasedFrameDecoder(options);
const varint = (options?: ProtobufVarint32FrameDecoderOptions) => () => new ProtobufVarint32FrameDecoder(options);

export const FixedLengthFrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example",
    decoder: fixed({ frameLength: 3 }),
    input: [
      ["ABC", ["ABC"]],
      ["DEFG", ["DEF"]],
      ["HI", ["GHI"]],
    ],
  },
  {
    shows: "frames of one byte",
    decoder: fixed({ frameLength: 1 }),
    input: "abc",
    messages: ["a", "b", "c"],
    repeatable: true,
  },
  {
    shows: "padding, and a frame of nothing else",
    decoder: fixed({ frameLength: 4, stripPadding: 0x20 }),
    input: "ab      c d ",
    messages: ["ab", "", "c d"],
  },
  {
    shows: "the end inside a frame",
    decoder: fixed({ frameLength: 4 }),
    input: "abcdefg",
    messages: ["abcd"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 4, length: 3 }],
    leftover: "efg",
  },
];

const BODY = "48454c4c4f2c20574f524c44";

/** The shapes that Netty documents, in its order. */
const shapes: readonly [string, LengthFieldBasedFrameDecoderOptions, string, string][] = [
  ["keep the header", { lengthFieldLength: 2 }, "000c", "000c"],
  ["drop it", { lengthFieldLength: 2, initialBytesToStrip: 2 }, "000c", ""],
  ["the length of all", { lengthFieldLength: 2, lengthAdjustment: -2 }, "000e", "000e"],
  ["at the end of a header", { lengthFieldOffset: 2, lengthFieldLength: 3 }, "cafe00000c", "cafe00000c"],
  ["at the start of a header", { lengthFieldLength: 3, lengthAdjustment: 2 }, "00000ccafe", "00000ccafe"],
  [
    "in its middle",
    { lengthFieldOffset: 1, lengthFieldLength: 2, lengthAdjustment: 1, initialBytesToStrip: 3 },
    "ca000cfe",
    "fe",
  ],
  [
    "in its middle, of all",
    { lengthFieldOffset: 1, lengthFieldLength: 2, lengthAdjustment: -3, initialBytesToStrip: 3 },
    "ca0010fe",
    "fe",
  ],
];

export const LengthFieldBasedFrameDecoderExamples: readonly FramingExample[] = [
  ...shapes.map(
    ([shows, options, header, kept]): FramingExample => ({
      shows: `a documented shape: ${shows}`,
      decoder: field(options),
      input: hex(header + BODY),
      messages: [hex(kept + BODY)],
      repeatable: true,
    }),
  ),
  {
    shows: "empty frames",
    decoder: field({ lengthFieldLength: 1, initialBytesToStrip: 1 }),
    input: hex("00 00 01 61"),
    messages: ["", "", "a"],
    repeatable: true,
  },
  {
    shows: "little-endian fields of three bytes",
    decoder: field({ lengthFieldLength: 3, byteOrder: "LE", initialBytesToStrip: 3 }),
    input: hex("02 00 00 61 62"),
    messages: ["ab"],
    repeatable: true,
  },
  {
    shows: "fields of eight bytes",
    decoder: field({ lengthFieldLength: 8, initialBytesToStrip: 8 }),
    input: hex("0000000000000001 61"),
    messages: ["a"],
    repeatable: true,
  },
  {
    shows: "a frame as long as the limit",
    decoder: field({ lengthFieldLength: 1, maxFrameLength: 4 }),
    input: hex("03 616263"),
    messages: [hex("03 616263")],
    repeatable: true,
  },
  {
    shows: "a frame one byte longer, and the next",
    decoder: field({ lengthFieldLength: 1, maxFrameLength: 4 }),
    input: hex("04 61626364 01 65"),
    messages: [hex("01 65")],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, length: 5, limit: 4, after: 0 }],
    repeatable: true,
  },
  {
    shows: "failing slowly, with the end inside the frame",
    decoder: field({ lengthFieldLength: 1, maxFrameLength: 4, failFast: false }),
    input: hex("01 61 05 6162636465 00 09 61"),
    messages: [hex("01 61"), hex("00")],
    errors: [
      { code: "FRAME_TOO_LONG", offset: 2, length: 6, after: 1 },
      { code: "FRAME_TOO_LONG", offset: 9, length: 10, after: 2 },
    ],
  },
  {
    shows: "a field above what a number holds exactly",
    decoder: field({ lengthFieldLength: 8 }),
    input: hex("00 20000000000000 01 61"),
    messages: [],
    errors: [{ code: "FRAME_CORRUPTED", offset: 0 }],
  },
  {
    shows: "a field of all ones",
    decoder: field({ lengthFieldLength: 8, byteOrder: "LE" }),
    input: hex("0000000000000000 ffffffffffffffff 61"),
    messages: [hex("0000000000000000")],
    errors: [{ code: "FRAME_CORRUPTED", offset: 8, after: 1 }],
  },
  {
    shows: "a length less than the header it counts",
    decoder: field({ lengthFieldLength: 2, lengthAdjustment: -2 }),
    input: hex("0002 0001 61"),
    messages: [hex("0002")],
    errors: [{ code: "FRAME_CORRUPTED", offset: 2, after: 1 }],
  },
  {
    shows: "a frame shorter than what is to be stripped",
    decoder: field({ lengthFieldLength: 1, initialBytesToStrip: 3 }),
    input: hex("02 6162 01 61 05"),
    messages: [""],
    errors: [{ code: "FRAME_CORRUPTED", offset: 3, after: 1 }],
  },
  {
    shows: "the end inside the field, and inside the body",
    decoder: field({ lengthFieldLength: 4 }),
    input: hex("00000000 0000"),
    messages: [hex("00000000")],
    errors: [{ code: "FRAME_TRUNCATED", offset: 4, length: 2 }],
    leftover: hex("0000"),
  },
  {
    shows: "fields with flags in them, as a subclass reads them",
    decoder: () => new Flagged(),
    input: hex("82 6162 01 63"),
    messages: [hex("82 6162"), hex("01 63")],
    repeatable: true,
  },
];

class Flagged extends LengthFieldBasedFrameDecoder {
  constructor() {
    super({ lengthFieldLength: 1 });
  }

  protected override getUnadjustedFrameLength(input: ByteBuf, index: number): number {
    return input.getUint8(index) & 0x7f;
  }
}

export const ProtobufVarint32FrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example",
    decoder: varint(),
    input: hex(`ac02 ${"61".repeat(300)}`),
    messages: ["a".repeat(300)],
    repeatable: true,
  },
  {
    shows: "empty frames, and lengths longer than they need be",
    decoder: varint(),
    input: hex("00 8000 8180808000 61"),
    messages: ["", "", "a"],
    repeatable: true,
  },
  {
    shows: "three bytes of a length whose lowest 21 bits are zero",
    decoder: varint({ maxFrameLength: 4 }),
    input: hex("80808000 0161"),
    messages: ["", "a"],
    repeatable: true,
  },
  {
    shows: "a frame as long as the limit",
    decoder: varint({ maxFrameLength: 2 }),
    input: hex("02 6162"),
    messages: ["ab"],
    repeatable: true,
  },
  {
    shows: "a frame one byte longer, and the next",
    decoder: varint({ maxFrameLength: 2 }),
    input: hex("03 616263 01 64"),
    messages: ["d"],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, length: 3, limit: 2, after: 0 }],
    repeatable: true,
  },
  {
    shows: "the largest length",
    decoder: varint(),
    input: hex("ffffffff0f 61"),
    messages: [],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, length: 0xffff_ffff }],
  },
  {
    shows: "a length of 33 bits",
    decoder: varint(),
    input: hex("00 ffffffff10 00"),
    messages: [""],
    errors: [{ code: "FRAME_CORRUPTED", offset: 1, after: 1 }],
  },
  {
    shows: "a length that does not end",
    decoder: varint(),
    input: hex("8080808080 00"),
    messages: [],
    errors: [{ code: "FRAME_CORRUPTED", offset: 0 }],
  },
  {
    shows: "the end inside a length",
    decoder: varint(),
    input: hex("0161 8080"),
    messages: ["a"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 2, length: 2 }],
  },
  {
    shows: "the end inside a frame",
    decoder: varint(),
    input: hex("0361"),
    messages: [],
    errors: [{ code: "FRAME_TRUNCATED", offset: 0, length: 2 }],
    leftover: hex("0361"),
  },
];
