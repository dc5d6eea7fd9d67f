// What is decoded by whom, and what is to be reached.
import { varint32 } from "./encoded-stream.mjs";

const CHUNKS = [64 * 1024, 1460];
const SIZE = 64;
const LF = "0a";
const CR_LF = "0d0a";
const NUL = "00";

/** The slowest npm splitters people use most, and how much of their time a Sluice decoder may take. */
const NPM = 0.4;
const NETTY = 0.75;

/**
 * The first contender of a case is compared to the others. `prefix` and `suffixes` are hex: what stands in front of each
 * frame, and what stands behind them in turn. `atMost` is the ratio to be reached against that contender.
 */
export const CASES = [
  {
    name: "length-field",
    title: "4-byte length field",
    size: SIZE,
    chunks: CHUNKS,
    prefix: uint32(SIZE),
    contenders: [
      { by: "sluice", name: "LengthFieldBasedFrameDecoder" },
      { by: "netty", name: "LengthFieldBasedFrameDecoder", atMost: NETTY },
      { by: "npm", name: "frame-stream", atMost: NPM },
    ],
  },
  {
    name: "varint",
    title: "varint length",
    size: SIZE,
    chunks: CHUNKS,
    prefix: varint32(SIZE),
    contenders: [
      { by: "sluice", name: "ProtobufVarint32FrameDecoder" },
      { by: "netty", name: "ProtobufVarint32FrameDecoder" },
      { by: "npm", name: "length-prefixed-stream", atMost: NPM },
      { by: "npm", name: "it-length-prefixed" },
    ],
  },
  {
    name: "line",
    title: "lines",
    size: SIZE,
    chunks: CHUNKS,
    suffixes: [LF],
    contenders: [
      { by: "sluice", name: "LineBasedFrameDecoder" },
      { by: "netty", name: "LineBasedFrameDecoder", atMost: NETTY },
      { by: "npm", name: "split2", atMost: NPM },
      { by: "npm", name: "binary-split", atMost: NPM },
      { by: "npm", name: "@serialport/parser-readline" },
    ],
  },
  {
    name: "text-line",
    title: "lines, as strings",
    size: SIZE,
    chunks: CHUNKS,
    suffixes: [LF],
    contenders: [
      { by: "sluice", name: "LineBasedFrameDecoder + StringDecoder" },
      { by: "netty", name: "LineBasedFrameDecoder + StringDecoder" },
      { by: "npm", name: "split2" },
      { by: "npm", name: "@serialport/parser-readline" },
    ],
  },
  {
    name: "delimiter",
    title: "one delimiter, \\r\\n",
    size: SIZE,
    chunks: CHUNKS,
    suffixes: [CR_LF],
    delimiters: [CR_LF],
    contenders: [
      { by: "sluice", name: "DelimiterBasedFrameDecoder" },
      { by: "netty", name: "DelimiterBasedFrameDecoder" },
      { by: "npm", name: "split2", atMost: NPM },
      { by: "npm", name: "binary-split", atMost: NPM },
      { by: "npm", name: "@serialport/parser-delimiter", atMost: NPM },
      { by: "npm", name: "@serialport/parser-readline", atMost: NPM },
    ],
  },
  {
    name: "two-delimiters",
    title: "two delimiters, \\n and NUL, in turn",
    size: SIZE,
    chunks: CHUNKS,
    suffixes: [LF, NUL],
    delimiters: [LF, NUL],
    contenders: [
      { by: "sluice", name: "DelimiterBasedFrameDecoder" },
      { by: "netty", name: "DelimiterBasedFrameDecoder" },
      { by: "npm", name: "split2", atMost: NPM },
    ],
  },
  {
    name: "one-of-two-delimiters",
    title: "two delimiters, \\n and NUL, of which only \\n occurs",
    size: SIZE,
    chunks: CHUNKS,
    suffixes: [LF],
    delimiters: [LF, NUL],
    contenders: [
      { by: "sluice", name: "DelimiterBasedFrameDecoder" },
      { by: "netty", name: "DelimiterBasedFrameDecoder" },
      { by: "npm", name: "split2", atMost: NPM },
    ],
  },
  {
    name: "large",
    title: "one frame of 4 MiB",
    size: 4 * 1024 * 1024,
    chunks: [1460],
    prefix: uint32(4 * 1024 * 1024),
    contenders: [
      { by: "sluice", name: "LengthFieldBasedFrameDecoder" },
      { by: "netty", name: "LengthFieldBasedFrameDecoder" },
      { by: "npm", name: "length-prefixed-stream", prefix: varint32(4 * 1024 * 1024), atMost: NPM },
      { by: "npm", name: "frame-stream", atMost: NPM },
    ],
  },
];

function uint32(value) {
  return value.toString(16).padStart(8, "0");
}
