import { decoder, startDecoder } from "../micro/decoding/decoder.mjs";
import { varint32 } from "../micro/decoding/encoded-stream.mjs";

const SEGMENT = 1460;
const KIB = 1024;
const MILLISECONDS = { key: "ms", title: "CPU", unit: "ms" };

const PLAN = {
  full: { launches: 1, rounds: 3, roundMs: 150, warmUpMs: 300 },
  quick: { rounds: 1, roundMs: 60, warmUpMs: 150 },
};
const QUADRATIC =
  "An exponent near 1 means that twice as much takes twice the time; near 2, four times. It is fitted to all points of a curve, so one that bends up late is worse than its exponent.";

const LENGTH_FIELD = [
  decoder("sluice", "LengthFieldBasedFrameDecoder"),
  decoder("netty", "LengthFieldBasedFrameDecoder"),
  decoder("node", "by hand, concat", { isSlow: true }),
  decoder("npm", "frame-stream", { isSlow: true }),
];

export const frameGrowth = {
  name: "frame-growth",
  title: "Longer and longer frames",
  asks: "One frame arrives in TCP segments: how does the time grow with its length?",
  metrics: [{ ...MILLISECONDS, title: "CPU per frame" }],
  cases: [4, 16, 64, 256, 1024, 4096].map((kib) => ({
    name: kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`,
    x: kib * KIB,
    isExtra: ![16, 256, 4096].includes(kib),
    stream: { size: kib * KIB, chunk: SEGMENT, prefix: uint32(kib * KIB) },
    varint: varint32(kib * KIB),
  })),
  contenders: [...LENGTH_FIELD, decoder("npm", "length-prefixed-stream")],
  curve: { xTitle: "length of the frame", yTitle: "ms a frame", work: (_x, y) => y, of: "a frame" },
  plan: PLAN,
  unfair: [QUADRATIC],
  start: async (contender, { stream, varint }, bench) => {
    const prefix = contender.decoder === "length-prefixed-stream" ? varint : stream.prefix;
    return inMilliseconds(startDecoder({ ...contender, prefix }, stream, bench), 1);
  },
};

export const chunkGrowth = {
  name: "chunk-growth",
  title: "Smaller and smaller chunks",
  asks: "A MiB of 64-byte frames arrives in more and more pieces: how does the time grow with their number?",
  metrics: [{ ...MILLISECONDS, title: "CPU per MiB" }],
  cases: [16_384, 1460, 256, 64, 16, 4].map((chunk) => ({
    name: `chunks of ${chunk} B`,
    x: Math.ceil(2 ** 20 / chunk),
    isExtra: ![1460, 64, 16].includes(chunk),
    stream: { size: 64, chunk, prefix: uint32(64) },
  })),
  contenders: LENGTH_FIELD,
  curve: { xTitle: "number of chunks", yTitle: "ms a MiB", work: (_x, y) => y, of: "a MiB" },
  plan: PLAN,
  unfair: [QUADRATIC],
  start: async (contender, { stream }, bench) =>
    inMilliseconds(startDecoder(contender, stream, bench), 2 ** 20 / (stream.size + 4)),
};

export const delimiterGrowth = {
  name: "delimiter-growth",
  title: "More and more delimiters",
  asks: "Frames may end in one of many ways: how does the time grow with their number?",
  metrics: [{ ...MILLISECONDS, title: "CPU per MiB" }],
  cases: [1, 2, 4, 8, 16].map((count) => ({
    name: count === 1 ? "one delimiter" : `${count} delimiters`,
    x: count,
    isExtra: ![1, 4, 16].includes(count),
    stream: { size: 64, chunk: SEGMENT, suffixes: delimiters(count).slice(0, 1), delimiters: delimiters(count) },
  })),
  contenders: [
    decoder("sluice", "DelimiterBasedFrameDecoder"),
    decoder("netty", "DelimiterBasedFrameDecoder", { isSlow: true }),
    decoder("npm", "split2"),
  ],
  curve: { xTitle: "number of delimiters", yTitle: "ms a MiB", work: (_x, y) => y, of: "a MiB" },
  plan: PLAN,
  unfair: [QUADRATIC, "All frames end with the first of the delimiters. split2 is given them as one expression."],
  start: async (contender, { stream }, bench) =>
    inMilliseconds(startDecoder(contender, stream, bench), 2 ** 20 / (stream.size + 1)),
};

function inMilliseconds(child, frames) {
  return { measure: async (ms) => ({ ms: ((await child.measure(ms)).ns * frames) / 1e6 }), end: child.end };
}

/** Control characters, none of which is in the content. */
function delimiters(count) {
  return Array.from({ length: count }, (_, i) => (i + 1).toString(16).padStart(2, "0"));
}

function uint32(value) {
  return value.toString(16).padStart(8, "0");
}
