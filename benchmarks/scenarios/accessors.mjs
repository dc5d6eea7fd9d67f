import { NANOSECONDS, startMicro } from "../micro/measured.mjs";

const script = "micro/accessors.mjs";

export const accessors = {
  name: "accessors",
  title: "Reading and writing numbers",
  asks: "What does a record of seven numbers cost: 8, 16, 24, 32 and 64 bits, a double, and one little-endian?",
  metrics: [{ ...NANOSECONDS, title: "CPU per record" }],
  cases: [
    { name: "read", what: "read" },
    { name: "write", what: "write" },
  ],
  contenders: [
    { name: "sluice", title: "Sluice ByteBuf", by: "sluice", script },
    { name: "netty", title: "Netty ByteBuf", by: "netty", java: ["NettyMicro"] },
    { name: "buffer", title: "Buffer's methods", by: "node", script },
    { name: "view", title: "DataView", by: "node", script },
  ],
  unfair: [
    "JavaScript reads 64 bits as a BigInt, an object; Java has a long. Nearly all of the difference to Netty is that one field.",
    "A ByteBuf moves its index and checks bounds by itself; with a Buffer or a DataView the offsets are written into the program.",
  ],
  start: async (contender, { what }, bench) =>
    startMicro(contender, contender.by === "netty" ? [what] : [contender.name, what], bench),
};
