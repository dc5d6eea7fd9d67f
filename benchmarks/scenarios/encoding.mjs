import { NANOSECONDS, startMicro } from "../micro/measured.mjs";

const script = "micro/encoding.mjs";

export const encoding = {
  name: "encoding",
  title: "Putting a length in front",
  asks: "What does it cost to make a frame of content, from the write to the transport?",
  metrics: [{ ...NANOSECONDS, title: "CPU per frame" }],
  cases: [64, 1024].map((size) => ({ name: `${size} B`, size, isExtra: size > 64 })),
  contenders: [
    { name: "sluice", title: "Sluice LengthFieldPrepender", by: "sluice", script },
    { name: "netty", title: "Netty LengthFieldPrepender", by: "netty", java: ["NettyMicro", "encode"] },
    { name: "concat", title: "Buffer.concat by hand", by: "node", script },
    { name: "frame-stream", title: "frame-stream", by: "npm", script },
    { name: "length-prefixed-stream", title: "length-prefixed-stream", by: "npm", script },
  ],
  unfair: [
    "Netty's buffers are pooled and given back at once, as they are when a transport has written them.",
    "By hand there is no pipeline; the two streams are streams of Node.js, and length-prefixed-stream writes a varint.",
  ],
  start: async (contender, { size }, bench) =>
    startMicro(contender, contender.by === "netty" ? [size] : [contender.name, size], bench),
};
