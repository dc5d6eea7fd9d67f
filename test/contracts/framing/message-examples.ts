/** Frames of one byte of length and what they mean, and decoders of one's own; both made as their rows make them. */

import { DatagramPacket } from "sluice";
import * as rows from "./behind-a-framer-rows.js";
import { type FramingExample, hex } from "./framing-example.js";
import { ownCodec, ownDecoder } from "./own-decoder-rows.js";

const recipient = { host: "127.0.0.1", port: 9 };
const strict = { encoding: "utf8", framed: true, strict: true };

export const Base64DecoderExamples: readonly FramingExample[] = [
  {
    shows: "the documented example, and one in the other alphabet",
    decoder: () => rows.base64.make({ dialect: "standard" }),
    input: hex(`08${ascii("++/+AA==")} 00 04${ascii("--_-")}`),
    messages: [hex("fbeffe00"), ""],
    errors: [{ code: "INVALID_TEXT", offset: 0, after: 2 }],
  },
  {
    shows: "no padding, and a letter too many",
    decoder: () => rows.base64.make({ dialect: "url" }),
    input: hex(`02${ascii("AA")} 05${ascii("AAAAA")} 02${ascii("--")}`),
    messages: [hex("00"), hex("fb")],
    errors: [{ code: "INVALID_TEXT", after: 1 }],
  },
];

export const StringDecoderExamples: readonly FramingExample[] = [
  {
    shows: "a character that is torn between chunks, but not between frames",
    decoder: () => rows.strings.make({ encoding: "utf8", framed: true }),
    input: hex("03 e282ac 00 02 68c3 02 a921"),
    messages: ["€", "", "h\ufffd", "\ufffd!"],
    repeatable: true,
  },
  {
    shows: "strictness: text that is not valid is an error of its frame alone",
    decoder: () => rows.strings.make(strict),
    input: hex("03 e282ac 02 68c3 01 21"),
    messages: ["€", "!"],
    errors: [{ code: "INVALID_TEXT", length: 2, after: 1 }],
    repeatable: true,
  },
  {
    shows: "one text in pieces, torn everywhere",
    decoder: () => rows.textInPieces.make({ encoding: "utf8", framed: false }),
    input: "\ufeffaé€😀!",
    messages: ["\ufeffaé€😀!"],
  },
  {
    shows: "the end inside a character",
    decoder: () => rows.textInPieces.make({ encoding: "utf8", framed: false }),
    input: hex("61 f09f98"),
    messages: ["a"],
    errors: [{ code: "INVALID_TEXT", length: 3, after: 0 }],
  },
  {
    shows: "surrogates that are torn apart",
    decoder: () => rows.textInPieces.make({ encoding: "utf16le", framed: false }),
    input: hex("6100 3dd8 00de 6200"),
    messages: ["a😀b"],
  },
];

export const DatagramPacketDecoderExamples: readonly FramingExample[] = [
  {
    shows: "packets whose contents are texts, and one that is none",
    decoder: () => rows.datagrams.make({ strict: true }),
    input: hex("01 61 01 ff 00"),
    messages: [new DatagramPacket({ content: "a", recipient }), new DatagramPacket({ content: "", recipient })],
    errors: [{ code: "INVALID_TEXT", after: 1 }],
    repeatable: true,
  },
];

export const JsonCodecExamples: readonly FramingExample[] = [
  {
    shows: "values of every kind, and what is none",
    decoder: () => rows.jsonValues.make({}),
    input: hex(`07${ascii('{"a":1}')} 04${ascii("null")} 00 01${ascii("{")} 02 c3a9 02 31ff 01${ascii("2")}`),
    messages: [{ a: 1 }, null, 2],
    errors: ["INVALID_JSON", "INVALID_JSON", "INVALID_JSON", { code: "INVALID_JSON", length: 2, after: 2 }],
    repeatable: true,
  },
];

export const MessageAggregatorExamples: readonly FramingExample[] = [
  {
    shows: "a message in parts, one that is empty, and one that is too long",
    decoder: () => rows.aggregator.make({ maxContentLength: 4 }),
    input: hex(
      `01${ascii("h")} 03${ascii("cab")} 02${ascii("lc")} 01${ascii("h")} 01${ascii("l")}`.concat(
        ` 01${ascii("h")} 06${ascii("cabcde")} 01${ascii("l")} 01${ascii("h")} 02${ascii("la")}`,
      ),
    ),
    messages: ["abc", "", "a"],
    errors: [{ code: "FRAME_TOO_LONG", limit: 4, after: 2 }],
    repeatable: true,
  },
  {
    shows: "a message inside another, content without a beginning, and the end in the middle",
    decoder: () => rows.aggregator.make({ maxContentLength: 4 }),
    input: hex(
      `01${ascii("h")} 02${ascii("ca")} 01${ascii("h")} 02${ascii("lb")} 02${ascii("cx")} 01${ascii("h")} 02${ascii("cy")}`,
    ),
    messages: ["b", "cx"],
    errors: [
      { code: "FRAME_MALFORMED", length: 1, after: 0 },
      { code: "FRAME_TRUNCATED", length: 1, after: 2 },
    ],
  },
];

export const MessageToMessageDecoderExamples: readonly FramingExample[] = [
  {
    shows: "frames that give many messages, none, and errors behind those before",
    decoder: () => rows.messages.make({}),
    input: hex(`02${ascii("ab")} 00 03${ascii("a!b")} 02${ascii("b?")} 01${ascii("a")}`),
    messages: [0x61, 0x62, 0x61, 0x62, 0x61],
    errors: [
      { code: "FRAME_MALFORMED", after: 3 },
      { code: "DECODE_FAILED", after: 4 },
    ],
    repeatable: true,
  },
];

const own = (decoder: FramingExample["decoder"]): readonly FramingExample[] => [
  {
    shows: "several messages at once, and errors between them",
    decoder,
    input: "*2ab!*0",
    messages: ["*", "*", "ab", "*", "*", ""],
    errors: [{ code: "FRAME_MALFORMED", after: 3 }],
    repeatable: true,
  },
  {
    shows: "what it should not throw",
    decoder,
    input: "1a?1b",
    messages: ["a"],
    errors: [{ code: "DECODE_FAILED", offset: 3, after: 1 }],
  },
  { shows: "a message as long as what may be kept", decoder, input: "3abc*", messages: ["abc", "*", "*"] },
  {
    shows: "a message one byte longer",
    decoder,
    input: "*4abcd",
    messages: ["*", "*"],
    errors: [{ code: "ACCUMULATION_EXCEEDED", offset: 1, length: 4, limit: 4, after: 2 }],
  },
  {
    shows: "the end inside a message",
    decoder,
    input: "*3ab",
    messages: ["*", "*"],
    errors: [{ code: "FRAME_TRUNCATED", offset: 1, length: 3 }],
  },
];

export const ByteToMessageDecoderExamples = own(() => ownDecoder.make({ maxAccumulatedBytes: 4 }));
export const ByteToMessageCodecExamples = own(() => ownCodec.make({ maxAccumulatedBytes: 4 }));

/** As hex. */
function ascii(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}
