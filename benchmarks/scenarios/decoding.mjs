import { decoder, startDecoder } from "../micro/decoding/decoder.mjs";
import { varint32 } from "../micro/decoding/encoded-stream.mjs";
import { NANOSECONDS } from "../micro/measured.mjs";

/** As much as the transport reads at once, and what a TCP segment carries. */
const CHUNKS = [64 * 1024, 1460];
const SIZE = 64;
const LARGE = 4 * 1024 * 1024;
const LF = "0a";
const CR_LF = "0d0a";
const NUL = "00";

/** How much of the time of Netty's decoders, and of the splitters people use most, one of Sluice's may take. */
const NETTY = 0.75;
const NPM = 0.4;

/** `prefix` and `suffixes` are hex: what stands in front of each frame, and what stands behind them in turn. */
const STREAMS = [
  {
    name: "4-byte length field",
    prefix: uint32(SIZE),
    contenders: [
      ours("LengthFieldBasedFrameDecoder"),
      netty("LengthFieldBasedFrameDecoder", NETTY),
      npm("frame-stream", NPM),
      decoder("node", "by hand, concat"),
    ],
  },
  {
    name: "varint length",
    prefix: varint32(SIZE),
    contenders: [
      ours("ProtobufVarint32FrameDecoder"),
      netty("ProtobufVarint32FrameDecoder"),
      npm("length-prefixed-stream", NPM),
      npm("it-length-prefixed"),
    ],
  },
  {
    name: "lines",
    suffixes: [LF],
    contenders: [
      ours("LineBasedFrameDecoder"),
      netty("LineBasedFrameDecoder", NETTY),
      npm("split2", NPM),
      npm("binary-split", NPM),
      npm("@serialport/parser-readline"),
    ],
  },
  {
    name: "lines, as strings",
    suffixes: [LF],
    contenders: [
      ours("LineBasedFrameDecoder + StringDecoder"),
      netty("LineBasedFrameDecoder + StringDecoder"),
      npm("split2"),
      npm("@serialport/parser-readline"),
    ],
  },
  {
    name: "\\r\\n as a delimiter",
    suffixes: [CR_LF],
    delimiters: [CR_LF],
    contenders: [
      ours("DelimiterBasedFrameDecoder"),
      netty("DelimiterBasedFrameDecoder"),
      npm("split2", NPM),
      npm("binary-split", NPM),
      npm("@serialport/parser-delimiter", NPM),
      npm("@serialport/parser-readline", NPM),
    ],
  },
  {
    name: "\\n and NUL in turn",
    suffixes: [LF, NUL],
    delimiters: [LF, NUL],
    contenders: [
      ours("DelimiterBasedFrameDecoder"),
      { ...netty("DelimiterBasedFrameDecoder"), isSlow: true },
      npm("split2", NPM),
    ],
  },
  {
    name: "\\n or NUL, only \\n occurs",
    suffixes: [LF],
    delimiters: [LF, NUL],
    contenders: [
      ours("DelimiterBasedFrameDecoder"),
      { ...netty("DelimiterBasedFrameDecoder"), isSlow: true },
      npm("split2", NPM),
    ],
  },
  {
    name: "a frame of 4 MiB",
    size: LARGE,
    chunks: [1460],
    prefix: uint32(LARGE),
    contenders: [
      ours("LengthFieldBasedFrameDecoder"),
      netty("LengthFieldBasedFrameDecoder"),
      { ...npm("length-prefixed-stream", NPM), prefix: varint32(LARGE) },
      { ...npm("frame-stream", NPM), isSlow: true },
    ],
  },
];

export const decoding = {
  name: "decoding",
  title: "Decoding, in memory",
  asks: "What does a frame cost a decoder, by how its bytes arrive?",
  metrics: [{ ...NANOSECONDS, title: "CPU per frame" }],
  cases: STREAMS.flatMap(({ name, contenders, chunks = CHUNKS, size = SIZE, ...how }) =>
    chunks.map((chunk) => ({
      name: `${name}, ${chunk > 1460 ? "64 KiB" : "1460 B"} chunks`,
      stream: { size, chunk, ...how },
      contenders,
      isExtra: chunk === 1460 && size === SIZE,
      atMost: Object.fromEntries(contenders.map((one) => [one.name, one.atMost])),
    })),
  ),
  plan: { full: { launches: 1, rounds: 7, roundMs: 150, warmUpMs: 700 }, quick: { roundMs: 80, warmUpMs: 200 } },
  unfair: [
    "Sluice and Netty run in a pipeline in an embedded channel, with one handler that counts, and releases in Netty. Both find the bytes where their transports would have put them, and neither is charged for that. The npm splitters are streams of Node.js and pay for being one; nobody can use them otherwise.",
    "The compiler of the JVM sees one decoder and one handler and may inline all of it. So may V8.",
    "split2 and parser-readline make strings, which nobody else does outside “lines, as strings”. For ASCII, as here, V8 makes them as references to the text of the whole chunk, and that text lives on as long as any of them.",
    "split2, given a string, splits a chunk with one native call; given two delimiters it has to use an expression.",
    "it-length-prefixed is driven by an asynchronous iterator, as bytes from a socket are. Its limit is the same; split2, the two parsers and the one by hand have none.",
  ],
  start: async (contender, { stream }, bench) => startDecoder(contender, stream, bench),
};

function ours(name) {
  return decoder("sluice", name);
}

function netty(name, atMost) {
  return decoder("netty", name, { atMost });
}

function npm(name, atMost) {
  return decoder("npm", name, { atMost });
}

function uint32(value) {
  return value.toString(16).padStart(8, "0");
}
