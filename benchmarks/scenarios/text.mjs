import { NANOSECONDS, startMicro } from "../micro/measured.mjs";

const script = "micro/text.mjs";
const LETTERS = [
  ["ASCII", "a".codePointAt(0)],
  ["Chinese", "字".codePointAt(0)],
];

export const text = {
  name: "text",
  title: "Bytes to strings",
  asks: "What does it cost to turn UTF-8 bytes into a string?",
  metrics: [{ ...NANOSECONDS, title: "CPU per string" }],
  cases: LETTERS.flatMap(([name, letter]) =>
    [16, 1024].map((size) => ({ name: `${size} B, ${name}`, size, letter, isExtra: size > 16 })),
  ),
  contenders: [
    { name: "sluice", title: "Sluice ByteBuf.toString", by: "sluice", script },
    { name: "netty", title: "Netty ByteBuf.toString", by: "netty", java: ["NettyMicro", "text"] },
    { name: "buffer", title: "Buffer.toString", by: "node", script },
    { name: "decoder", title: "TextDecoder", by: "node", script },
  ],
  unfair: [
    "Java's strings of ASCII text are arrays of bytes it copies; V8 calls out of the engine for each of these, Sluice with short text excepted.",
  ],
  start: async (contender, { size, letter }, bench) =>
    startMicro(contender, contender.by === "netty" ? [size, letter] : [contender.name, size, letter], bench),
};
