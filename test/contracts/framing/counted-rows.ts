/** Decoders that know how long a frame is before it is there. */

import fc from "fast-check";
import {
  type ByteOrder,
  FixedLengthFrameDecoder,
  LengthFieldBasedFrameDecoder,
  type LengthFieldLength,
  ProtobufVarint32FrameDecoder,
} from "sluice";
import { decoderRow, joined } from "./decoder-row.js";

export const fixedLength = decoderRow({
  name: "FixedLengthFrameDecoder",
  options: fc.record(
    { frameLength: fc.integer({ min: 1, max: 16 }), stripPadding: fc.constantFrom(0, 0x20) },
    { requiredKeys: ["frameLength"] },
  ),
  make: (options) => [new FixedLengthFrameDecoder(options)],
  mayHold: ({ frameLength }) => frameLength - 1,
  piece: fc.array(fc.constantFrom(0, 0x20, 0x41, 0xff), { maxLength: 16 }),
  part: ({ frameLength, stripPadding }, content) => {
    const bytes = new Uint8Array(frameLength).fill(stripPadding ?? 0);
    bytes.set(content.slice(0, frameLength));
    const end = bytes.findLastIndex((byte) => byte !== stripPadding) + 1;
    return { bytes, gives: [{ message: bytes.subarray(0, end) }] };
  },
  alphabet: Uint8Array.of(0, 0x20, 0x41),
});

/** All parameters at random, in so far as the constructor takes them. */
export const lengthField = decoderRow({
  name: "LengthFieldBasedFrameDecoder",
  options: fc
    .record({
      lengthFieldOffset: fc.nat(4),
      lengthFieldLength: fc.constantFrom<LengthFieldLength[]>(1, 2, 3, 4, 8),
      lengthAdjustment: fc.oneof(fc.constant(0), fc.integer({ min: -12, max: 12 })),
      initialBytesToStrip: fc.oneof(fc.constant(0), fc.nat(14)),
      failFast: fc.boolean(),
      byteOrder: fc.constantFrom<ByteOrder[]>("BE", "LE"),
      closeOnFatalError: fc.boolean(),
      more: fc.nat(40),
    })
    .map(({ more, ...options }) => ({ ...options, maxFrameLength: shortest(options) + more })),
  make: (options) => [new LengthFieldBasedFrameDecoder(options)],
  mayHold: ({ maxFrameLength }) => maxFrameLength - 1,
  piece: fc.record({ more: fc.nat(50), first: fc.nat(255) }),
  part: (options, { more, first }) => {
    const { lengthFieldOffset, lengthFieldLength, lengthAdjustment, byteOrder } = options;
    const length = shortest(options) + more;
    const bytes = Uint8Array.from({ length }, (_, at) => first + at);
    let value = length - lengthFieldOffset - lengthFieldLength - lengthAdjustment;
    for (let at = 0; at < lengthFieldLength; at++, value = Math.floor(value / 256)) {
      bytes[lengthFieldOffset + (byteOrder === "LE" ? at : lengthFieldLength - 1 - at)] = value % 256;
    }
    const isTooLong = length > options.maxFrameLength;
    return {
      bytes,
      gives: [isTooLong ? { error: "FRAME_TOO_LONG" } : { message: bytes.subarray(options.initialBytesToStrip) }],
    };
  },
  alphabet: Uint8Array.of(0, 0, 0, 1, 2, 8, 40, 0x1f, 0x20, 0x80, 0xff),
});

export const varint = decoderRow({
  name: "ProtobufVarint32FrameDecoder",
  options: fc.record({ maxFrameLength: fc.integer({ min: 1, max: 150 }), closeOnFatalError: fc.boolean() }),
  make: (options) => [new ProtobufVarint32FrameDecoder(options)],
  mayHold: ({ maxFrameLength }) => maxFrameLength + 4,
  piece: fc.record({ length: fc.oneof({ arbitrary: fc.nat(20), weight: 4 }, fc.nat(200)), more: fc.nat(2) }),
  part: ({ maxFrameLength }, { length, more }) => {
    const prefix = [length & 0x7f];
    if (length > 0x7f) prefix.push(length >> 7);
    for (let i = 0; i < more; i++) prefix.push(0);
    const content = new Uint8Array(length).fill(0x61);
    return {
      bytes: joined([Uint8Array.from(prefix, (byte, at) => (at < prefix.length - 1 ? byte | 0x80 : byte)), content]),
      gives: [length > maxFrameLength ? { error: "FRAME_TOO_LONG" } : { message: content }],
    };
  },
  alphabet: Uint8Array.of(0, 1, 2, 3, 0x0f, 0x10, 0x7f, 0x80, 0x80, 0x81, 0xff),
});

interface HeaderOptions {
  readonly lengthFieldOffset: number;
  readonly lengthFieldLength: number;
  readonly lengthAdjustment: number;
  readonly initialBytesToStrip: number;
}

/** The fewest bytes a frame can have. */
function shortest(options: HeaderOptions): number {
  const fieldEnd = options.lengthFieldOffset + options.lengthFieldLength;
  return Math.max(fieldEnd, fieldEnd + options.lengthAdjustment, options.initialBytesToStrip, 1);
}
