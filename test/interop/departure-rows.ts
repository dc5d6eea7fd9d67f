/**
 * The table of departures from Netty in docs/framing.md: bytes that show each, what Netty makes of them and what Sluice
 * does. A chunk ends at `/`; behind `⏹` stands what the end of the stream brings.
 */

import { CLASS_OF, type FrameCase, type Framer, hexOf } from "./frame-case.js";

export type DepartureRow = Framer & {
  /** Chunks as text, or as hex from `0x` on. */
  readonly input: readonly string[];
  /** By Netty 4.2. */
  readonly netty: string;
  /** By Netty 4.1.48, if that is something else. */
  readonly netty41?: string;
  readonly sluice: string;
  readonly because: string;
};

export const DEPARTURE_ROWS: readonly DepartureRow[] = [
  {
    kind: "line",
    options: { maxLength: 2 },
    input: ["12\r", "\n3\n"],
    netty: "/ FRAME_TOO_LONG [33]",
    sluice: "/ [3132] [33]",
    because: "a `\\r` is content only when the next byte shows that it is (law 1)",
  },
  {
    kind: "line",
    options: { maxLength: 2 },
    input: ["1\n123"],
    netty: "[31]",
    sluice: "[31] ⏹ FRAME_TOO_LONG",
    because: "`failFast: false` says when an error comes, not whether (law 5)",
  },
  {
    kind: "line",
    options: {},
    input: ["1\n2"],
    netty: "[31]",
    sluice: "[31] ⏹ FRAME_TRUNCATED",
    because: "leftovers are told, by every decoder (law 5)",
  },
  {
    kind: "line",
    options: { maxLength: 0 },
    input: ["\n"],
    netty: "[]",
    sluice: "INVALID_ARGUMENT",
    because: "lines of nothing are no protocol",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["$$"], maxFrameLength: 2 },
    input: ["123$$4$$"],
    netty: "FRAME_TOO_LONG ⏹ [34]",
    sluice: "FRAME_TOO_LONG [34]",
    because: "an error does not hold up the frames behind it (law 1)",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["$$"], maxFrameLength: 2 },
    input: ["12$", "$34$$"],
    netty: "/ [3132] [3334]",
    netty41: "FRAME_TOO_LONG /",
    sluice: "/ [3132] [3334]",
    because: "a torn delimiter is no content (law 1)",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["\r\n", "\n"], maxFrameLength: 2 },
    input: ["12\r", "\n3\n"],
    netty: "FRAME_TOO_LONG / [33]",
    sluice: "/ [3132] [33]",
    because: "the same; Netty gives these two to its decoder of lines",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["\r\n", "\r", "\n"] },
    input: ["1\r", "\n2\n"],
    netty: "[31] / [] [32]",
    sluice: "/ [31] [32]",
    because: "a delimiter that may go on is waited for: no empty frame in a torn `\\r\\n` (law 1)",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["\r\n", "\r"] },
    input: ["1\r"],
    netty: "[31]",
    sluice: "⏹ [31]",
    because: "the price of that: the last frame may wait for the end of the stream",
  },
  {
    kind: "delimiter",
    options: { delimiters: ["ab", "abc"] },
    input: ["1abc2abc"],
    netty: "[31] [6332]",
    sluice: "[31] [32]",
    because: "at one place the longest delimiter wins, in whichever order they are listed",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 1, maxFrameLength: 4 },
    input: ["0x0461626364 016f", "0x017a"],
    netty: "FRAME_TOO_LONG / [016f] [017a]",
    sluice: "FRAME_TOO_LONG [016f] / [017a]",
    because: "an error does not hold up the frames behind it (law 1)",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 1, lengthAdjustment: -2 },
    input: ["0x0361 01 0362"],
    netty: "[0361] FRAME_CORRUPTED ⏹ [0362]",
    sluice: "[0361] FRAME_CORRUPTED",
    because: "an impossible length is fatal: where the next frame begins would be a guess",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 1, initialBytesToStrip: 3 },
    input: ["0x01", "0x61 0361626364"],
    netty: "/ FRAME_CORRUPTED ⏹ [63]",
    sluice: "FRAME_CORRUPTED /",
    because:
      "the same, as soon as the length is there (in some versions Netty then fails with every byte that follows)",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 8 },
    input: ["0x0020000000000000"],
    netty: "FRAME_TOO_LONG",
    sluice: "FRAME_CORRUPTED",
    because: "2^53 and more cannot be skipped exactly in JavaScript",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 5 as 4 },
    input: ["0x0000000000"],
    netty: "DECODE_FAILED ⏹ DECODE_FAILED",
    sluice: "INVALID_ARGUMENT",
    because: "what can never work fails in the constructor",
  },
  {
    kind: "length-field",
    options: { lengthFieldLength: 1, initialBytesToStrip: 9, maxFrameLength: 8 },
    input: ["0x0161"],
    netty: "FRAME_CORRUPTED",
    sluice: "INVALID_ARGUMENT",
    because: "the same: no frame is short enough to be allowed and long enough to be stripped",
  },
  {
    kind: "length-field-prepender",
    options: { lengthFieldLength: 4, lengthAdjustment: 2 ** 31 - 1 },
    input: ["1"],
    netty: "ENCODE_FAILED",
    sluice: "[8000000031]",
    because: "fields are unsigned, and sums do not overflow",
  },
  {
    kind: "varint",
    options: { maxFrameLength: 3 },
    input: ["0x04", "0x61626364 0161"],
    netty: "/ [61626364] [61]",
    sluice: "FRAME_TOO_LONG / [61]",
    because: "Netty has no limit (law 4)",
  },
  {
    kind: "varint",
    options: {},
    input: ["0x8080808008"],
    netty: "FRAME_CORRUPTED",
    sluice: "FRAME_TOO_LONG",
    because: "2^31 is a length, though a long one",
  },
  {
    kind: "varint",
    options: {},
    input: ["0x8080808010 0161"],
    netty: "[] [61]",
    sluice: "FRAME_CORRUPTED",
    because: "2^32 is none; Netty drops the bits above",
  },
  {
    kind: "varint",
    options: {},
    input: ["0xffffffffff", "0x0161"],
    netty: "FRAME_CORRUPTED / FRAME_CORRUPTED ⏹ FRAME_CORRUPTED",
    netty41: "FRAME_CORRUPTED / [61]",
    sluice: "FRAME_CORRUPTED /",
    because: "fatal, and told once",
  },
  {
    kind: "json",
    options: { maxObjectLength: 4 },
    input: ["{1}{2}"],
    netty: "FRAME_TOO_LONG",
    sluice: "[7b317d] [7b327d]",
    because: "the limit is for an object, not for what one read happens to bring (law 1)",
  },
  {
    kind: "json",
    options: { maxObjectLength: 4 },
    input: ["{1234", "}{2}"],
    netty: "FRAME_TOO_LONG / FRAME_CORRUPTED",
    sluice: "FRAME_TOO_LONG / [7b327d]",
    because: "what is too long is skipped to its end",
  },
  {
    kind: "json",
    options: {},
    input: ["\v{}"],
    netty: "[7b7d]",
    sluice: "FRAME_CORRUPTED",
    because: "white space is what JSON says it is, not Java",
  },
  {
    kind: "json",
    options: { streamArrayElements: true },
    input: ["[{}", ",2]"],
    netty: "/ [7b7d] [32]",
    sluice: "[7b7d] / [32]",
    because: "an element is delivered when it has ended, not when the next begins",
  },
  {
    kind: "json",
    options: { streamArrayElements: true },
    input: ["[][1,,2]"],
    netty: "[] [31] [] [32]",
    sluice: "[31] FRAME_CORRUPTED",
    because: "an empty array has no elements, and between two commas there is none",
  },
  {
    kind: "json",
    options: { streamArrayElements: true },
    input: ["[1 2]"],
    netty: "[312032]",
    sluice: "[31] FRAME_CORRUPTED",
    because: "two values without a comma are not one",
  },
];

/** The case of a row. */
export function caseOf({ kind, options, input }: DepartureRow): FrameCase {
  return { kind, options, chunks: input.map(chunkHex) } as FrameCase;
}

/** What came out, as the table writes it. */
export function shown(stream: readonly (readonly string[])[], chunks: number): string {
  const parts = stream.map((events) => events.map((event) => event.replace(/:.*/, "")).join(" "));
  const atEnd = parts[chunks] ?? "";
  return `${parts.slice(0, chunks).join(" / ")}${atEnd === "" ? "" : ` ⏹ ${atEnd}`}`.trim();
}

/** The table, as docs/framing.md has to have it; a class is named in the first of its rows. */
export function departureTable(): string {
  const rows = DEPARTURE_ROWS.map((row, i) => {
    const isFirst = row.kind !== DEPARTURE_ROWS[i - 1]?.kind;
    const decoder = [...(isFirst ? [code(CLASS_OF[row.kind].name)] : []), settings(row)].join(", ");
    const netty = row.netty41 === undefined ? code(row.netty) : `${code(row.netty)}; 4.1: ${code(row.netty41)}`;
    const input = row.input.map(chunkHex).join(" / ");
    return `| ${[decoder, code(input), netty, code(row.sluice), row.because].join(" | ")} |`;
  });
  return ["| decoder | input | Netty | Sluice | because |", "|---|---|---|---|---|", ...rows].join("\n");
}

function settings({ options }: Framer): string {
  const given = Object.entries(options).map(
    ([name, value]) =>
      `${name}: ${Array.isArray(value) ? `[${value.map((one) => JSON.stringify(one)).join(", ")}]` : value}`,
  );
  return given.length === 0 ? "defaults" : code(given.join(", "));
}

function code(text: string): string {
  return `\`${text}\``;
}

function chunkHex(chunk: string): string {
  return chunk.startsWith("0x") ? chunk.slice(2).replaceAll(" ", "") : hexOf(chunk);
}
