/** Parameters for protocols with a length field, as docs/framing.md lists them, each with a message that shows they are right. */

import type { LengthFieldBasedFrameDecoderOptions } from "sluice";

export interface FramingRecipe {
  readonly protocol: string;
  readonly layout: string;
  readonly options: LengthFieldBasedFrameDecoderOptions;
  /** A message on the wire, and what comes out. */
  readonly wire: string;
  readonly frame: string;
}

export const FRAMING_RECIPES: readonly FramingRecipe[] = [
  {
    protocol: "Kafka, and most protocols of one's own",
    layout: "length 4 · message",
    options: { lengthFieldLength: 4, initialBytesToStrip: 4 },
    wire: "00000002 cafe",
    frame: "cafe",
  },
  {
    protocol: "DNS over TCP",
    layout: "length 2 · message",
    options: { lengthFieldLength: 2, initialBytesToStrip: 2 },
    wire: "0002 cafe",
    frame: "cafe",
  },
  {
    protocol: "gRPC messages",
    layout: "flag 1 · length 4 · message",
    options: { lengthFieldOffset: 1, lengthFieldLength: 4 },
    wire: "00 00000002 cafe",
    frame: "0000000002cafe",
  },
  {
    protocol: "PostgreSQL",
    layout: "kind 1 · length 4, of itself too · message",
    options: { lengthFieldOffset: 1, lengthFieldLength: 4, lengthAdjustment: -4 },
    wire: "51 00000006 cafe",
    frame: "5100000006cafe",
  },
  {
    protocol: "MySQL",
    layout: "length 3, little-endian · number 1 · message",
    options: { lengthFieldLength: 3, lengthAdjustment: 1, byteOrder: "LE" },
    wire: "020000 07 cafe",
    frame: "02000007cafe",
  },
  {
    protocol: "Modbus TCP",
    layout: "transaction 2 · protocol 2 · length 2 · unit and request",
    options: { lengthFieldOffset: 4, lengthFieldLength: 2 },
    wire: "0001 0000 0006 01 03 00000001",
    frame: "000100000006010300000001",
  },
  {
    protocol: "TLS records",
    layout: "type 1 · version 2 · length 2 · fragment",
    options: { lengthFieldOffset: 3, lengthFieldLength: 2 },
    wire: "17 0303 0002 cafe",
    frame: "1703030002cafe",
  },
  {
    protocol: "BGP",
    layout: "marker 16 · length 2, of the whole message · type and rest",
    options: { lengthFieldOffset: 16, lengthFieldLength: 2, lengthAdjustment: -18 },
    wire: "ffffffffffffffffffffffffffffffff 0013 04",
    frame: "ffffffffffffffffffffffffffffffff001304",
  },
];

/** The table, as docs/framing.md has to have it. */
export function recipeTable(): string {
  const rows = FRAMING_RECIPES.map(({ protocol, layout, options }) => {
    const given = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    return `| ${protocol} | ${layout} | \`${given.join(", ")}\` |`;
  });
  return ["| protocol | bytes | `LengthFieldBasedFrameDecoder` |", "|---|---|---|", ...rows].join("\n");
}
