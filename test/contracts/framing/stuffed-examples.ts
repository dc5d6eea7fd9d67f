/** Frames of byte stuffing, and the frame that is all of a stream. */

import {
  CloseDelimitedFrameDecoder,
  type CloseDelimitedFrameDecoderOptions,
  CobsFrameDecoder,
  type CobsFrameDecoderOptions,
  SlipFrameDecoder,
  type SlipFrameDecoderOptions,
} from "sluice";
import { type FramingExample, hex } from "./framing-example.js";

const cobs = (options?: CobsFrameDecoderOptions) => () => new CobsFrameDecoder(options);
const slip = (options?: SlipFrameDecoderOptions) => () => new SlipFrameDecoder(options);
const toTheEnd = (options?: CloseDelimitedFrameDecoderOptions) => () => new CloseDelimitedFrameDecoder(options);

export const CobsFrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example",
    decoder: cobs(),
    input: hex("03 1122 02 33 00 01 00"),
    messages: [hex("11220033"), ""],
    repeatable: true,
  },
  {
    shows: "zeros at both ends",
    decoder: cobs(),
    input: hex("01 02 11 01 00"),
    messages: [hex("00 11 00")],
    repeatable: true,
  },
  {
    shows: "a full block, and one byte more",
    decoder: cobs(),
    input: hex(`ff ${"aa".repeat(254)} 00 ff ${"aa".repeat(254)} 02 bb 00`),
    messages: [hex("aa".repeat(254)), hex(`${"aa".repeat(254)}bb`)],
  },
  {
    shows: "nothing between two ends",
    decoder: cobs(),
    input: hex("00 00 02 11 00 00"),
    messages: [hex("11")],
    repeatable: true,
  },
  {
    shows: "a block longer than the rest of its frame, and the next frame",
    decoder: cobs(),
    input: hex("05 11 22 00 02 33 00"),
    messages: [hex("33")],
    errors: [{ code: "FRAME_MALFORMED", offset: 0, length: 3, after: 0 }],
    repeatable: true,
  },
  {
    shows: "a frame as long as the limit",
    decoder: cobs({ maxFrameLength: 2 }),
    input: hex("03 1122 00"),
    messages: [hex("1122")],
  },
  {
    shows: "a frame one byte longer, and one that is longer before it is unstuffed",
    decoder: cobs({ maxFrameLength: 2 }),
    input: hex("04 112233 00 01 01 01 01 01 00 02 44 00"),
    messages: [hex("44")],
    errors: [
      { code: "FRAME_TOO_LONG", offset: 0, limit: 2 },
      { code: "FRAME_TOO_LONG", offset: 5, limit: 2, after: 0 },
    ],
  },
  {
    shows: "the end inside a frame",
    decoder: cobs(),
    input: hex("02 11 00 03 11"),
    messages: [hex("11")],
    errors: [{ code: "FRAME_TRUNCATED", offset: 3, length: 2 }],
    leftover: hex("03 11"),
  },
];

export const SlipFrameDecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example",
    decoder: slip(),
    input: hex("c0 01 02 c0 03 db dc c0"),
    messages: [hex("01 02"), hex("03 c0")],
    repeatable: true,
  },
  {
    shows: "a frame of nothing but what must be replaced",
    decoder: slip(),
    input: hex("db dc db dd c0"),
    messages: [hex("c0 db")],
    repeatable: true,
  },
  {
    shows: "an escape of nothing, and one at the end",
    decoder: slip(),
    input: hex("01 db 02 c0 03 db c0 04 c0"),
    messages: [hex("04")],
    errors: [
      { code: "FRAME_MALFORMED", offset: 0, length: 3 },
      { code: "FRAME_MALFORMED", offset: 4, length: 2, after: 0 },
    ],
    repeatable: true,
  },
  {
    shows: "a frame as long as the limit, all of it replaced",
    decoder: slip({ maxFrameLength: 2 }),
    input: hex("db dc db dc c0"),
    messages: [hex("c0 c0")],
  },
  {
    shows: "a frame one byte longer, with nothing replaced and with all",
    decoder: slip({ maxFrameLength: 2 }),
    input: hex("01 02 03 c0 db dc db dc db dc c0 04 c0"),
    messages: [hex("04")],
    errors: [
      { code: "FRAME_TOO_LONG", offset: 0, limit: 2 },
      { code: "FRAME_TOO_LONG", offset: 4, limit: 2, after: 0 },
    ],
    repeatable: true,
  },
  {
    shows: "the end inside a frame, behind an escape",
    decoder: slip(),
    input: hex("c0 01 db"),
    messages: [],
    errors: [{ code: "FRAME_TRUNCATED", offset: 1, length: 2 }],
  },
];

export const CloseDelimitedFrameDecoderExamples: readonly FramingExample[] = [
  { shows: "all up to the end", decoder: toTheEnd(), input: "all up to the end", messages: ["all up to the end"] },
  { shows: "nothing at all", decoder: toTheEnd(), input: "", messages: [""] },
  { shows: "as much as the limit", decoder: toTheEnd({ maxFrameLength: 4 }), input: "abcd", messages: ["abcd"] },
  {
    shows: "one byte more",
    decoder: toTheEnd({ maxFrameLength: 4 }),
    input: "abcde",
    messages: [],
    errors: [{ code: "FRAME_TOO_LONG", offset: 0, limit: 4 }],
  },
  {
    shows: "being taken out in the middle",
    decoder: toTheEnd(),
    input: "some",
    messages: ["some"],
    leftover: "some",
  },
];
