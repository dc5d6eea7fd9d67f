/** Decoders of byte stuffing, and the one whose frame is the whole stream. */

import fc from "fast-check";
import { CloseDelimitedFrameDecoder, CobsFrameDecoder, SlipFrameDecoder } from "sluice";
import { decoderRow, type Given } from "./decoder-row.js";

const content = (bytes: readonly number[]) => fc.array(fc.constantFrom(...bytes), { maxLength: 24 });

/** Around 254 bytes without a zero blocks are divided. */
export const cobs = decoderRow({
  name: "CobsFrameDecoder",
  options: fc.record({
    maxFrameLength: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(253, 254, 255, 509)),
  }),
  make: (options) => [new CobsFrameDecoder(options)],
  mayHold: ({ maxFrameLength }) => maxFrameLength + Math.floor(maxFrameLength / 254) + 1,
  piece: fc.oneof(
    { arbitrary: content([0, 1, 2, 0xff]), weight: 12 },
    fc.constantFrom(252, 253, 254, 255, 508).map((length) => Array.from({ length }, () => 0xaa)),
  ),
  part: ({ maxFrameLength }, frame) => ({
    bytes: cobsEncoded(frame),
    gives: [limited(frame, maxFrameLength)],
  }),
  alphabet: Uint8Array.of(0, 0, 1, 2, 3, 0xff),
});

export const slip = decoderRow({
  name: "SlipFrameDecoder",
  options: fc.record({ maxFrameLength: fc.integer({ min: 1, max: 20 }) }),
  make: (options) => [new SlipFrameDecoder(options)],
  mayHold: ({ maxFrameLength }) => 2 * maxFrameLength,
  piece: content([0xc0, 0xdb, 0xdc, 0xdd, 0x01]),
  part: ({ maxFrameLength }, frame) => ({
    bytes: Uint8Array.from([...frame.flatMap((byte) => SLIP_CODES.get(byte) ?? [byte]), 0xc0]),
    gives: frame.length === 0 ? [] : [limited(frame, maxFrameLength)],
  }),
  alphabet: Uint8Array.of(0xc0, 0xc0, 0xdb, 0xdc, 0xdd, 0x01),
});

export const closeDelimited = decoderRow({
  name: "CloseDelimitedFrameDecoder",
  options: fc.record({ maxFrameLength: fc.integer({ min: 1, max: 60 }) }),
  make: (options) => [new CloseDelimitedFrameDecoder(options)],
  mayHold: ({ maxFrameLength }) => maxFrameLength,
  piece: content([0, 1]),
  part: (_options, bytes) => ({ bytes: Uint8Array.from(bytes), gives: [] }),
  atEnd: ({ maxFrameLength }, _pieces, bytes) => [limited(bytes, maxFrameLength)],
  alphabet: Uint8Array.of(0),
});

function limited(frame: ArrayLike<number>, limit: number): Given {
  return frame.length > limit ? { error: "FRAME_TOO_LONG" } : { message: Uint8Array.from(frame) };
}

/** By the letter: each zero, and the end, is replaced by the distance to it. */
function cobsEncoded(frame: readonly number[]): Uint8Array {
  const encoded: number[] = [];
  let block: number[] = [];
  frame.forEach((byte, at) => {
    if (byte !== 0) block.push(byte);
    if (byte === 0 || (block.length === 254 && at < frame.length - 1)) {
      encoded.push(block.length + 1, ...block);
      block = [];
    }
  });
  return Uint8Array.from([...encoded, block.length + 1, ...block, 0]);
}

const SLIP_CODES = new Map([
  [0xc0, [0xdb, 0xdc]],
  [0xdb, [0xdb, 0xdd]],
]);
