/** A decoder or encoder with its options and the bytes it gets: for us an object, for Netty a question in one line. */

import {
  ByteBuf,
  type ChannelHandler,
  DelimiterBasedFrameDecoder,
  type DelimiterBasedFrameDecoderOptions,
  FixedLengthFrameDecoder,
  type FixedLengthFrameDecoderOptions,
  JsonObjectDecoder,
  type JsonObjectDecoderOptions,
  LengthFieldBasedFrameDecoder,
  type LengthFieldBasedFrameDecoderOptions,
  LengthFieldPrepender,
  type LengthFieldPrependerOptions,
  LineBasedFrameDecoder,
  type LineBasedFrameDecoderOptions,
  ProtobufVarint32FrameDecoder,
  type ProtobufVarint32FrameDecoderOptions,
  ProtobufVarint32LengthFieldPrepender,
} from "sluice";

/** All delimiters are ASCII. */
type Delimiters = Omit<DelimiterBasedFrameDecoderOptions, "delimiters"> & { readonly delimiters: readonly string[] };

/** What Netty calls by the same names. */
export type Framer =
  | { readonly kind: "length-field"; readonly options: LengthFieldBasedFrameDecoderOptions }
  | { readonly kind: "line"; readonly options: LineBasedFrameDecoderOptions }
  | { readonly kind: "delimiter"; readonly options: Delimiters }
  | { readonly kind: "fixed-length"; readonly options: FixedLengthFrameDecoderOptions }
  | { readonly kind: "varint"; readonly options: ProtobufVarint32FrameDecoderOptions }
  | { readonly kind: "json"; readonly options: JsonObjectDecoderOptions }
  | { readonly kind: "length-field-prepender"; readonly options: LengthFieldPrependerOptions }
  | { readonly kind: "varint-prepender"; readonly options: Readonly<Record<string, never>> };

/** What it gets, as hex, in chunks for which an encoder takes messages. */
export type FrameCase = Framer & { readonly chunks: readonly string[] };

/** Its class, by the name it has here and in Netty. */
export const CLASS_OF = {
  "length-field": LengthFieldBasedFrameDecoder,
  line: LineBasedFrameDecoder,
  delimiter: DelimiterBasedFrameDecoder,
  "fixed-length": FixedLengthFrameDecoder,
  varint: ProtobufVarint32FrameDecoder,
  json: JsonObjectDecoder,
  "length-field-prepender": LengthFieldPrepender,
  "varint-prepender": ProtobufVarint32LengthFieldPrepender,
} as const;

export function handlerOf({ kind, options }: Framer): ChannelHandler {
  return new (CLASS_OF[kind] as new (given: typeof options) => ChannelHandler)(options);
}

export function isEncoder({ kind }: Framer): boolean {
  return kind === "length-field-prepender" || kind === "varint-prepender";
}

/**
 * The question for Netty about it.
 *
 * @param manner "settle" for all that Netty makes of one chunk, however often it has to be called; "stream" for what it
 * does by itself, chunk by chunk.
 */
export function question({ kind, options, chunks }: FrameCase, manner: "settle" | "stream"): string {
  const given = Object.entries({ ...DEFAULTS[kind], ...options });
  const settings = given.map(([name, value]) => `${name}=${Array.isArray(value) ? value.map(hexOf).join(";") : value}`);
  return `${manner} ${kind} ${settings.join(",") || "-"} ${chunks.join("|")}`;
}

export function hexOf(text: string): string {
  return ByteBuf.from(text).hexDump();
}

export function bytesOf(hex: string): ByteBuf {
  return ByteBuf.fromHex(hex);
}

const MEBIBYTE = 1024 * 1024;

/** Ours, where Netty's constructor has to be told. */
const DEFAULTS: Readonly<Record<Framer["kind"], object>> = {
  "length-field": {
    maxFrameLength: MEBIBYTE,
    lengthFieldOffset: 0,
    lengthAdjustment: 0,
    initialBytesToStrip: 0,
    failFast: true,
    byteOrder: "BE",
  },
  line: { maxLength: MEBIBYTE, stripDelimiter: true, failFast: false },
  delimiter: { maxFrameLength: MEBIBYTE, stripDelimiter: true, failFast: true },
  "fixed-length": {},
  varint: {},
  json: { maxObjectLength: MEBIBYTE, streamArrayElements: false },
  "length-field-prepender": { lengthAdjustment: 0, lengthIncludesLengthFieldLength: false, byteOrder: "BE" },
  "varint-prepender": {},
};
