/** What comes out of a decoder, as lines of text, for a stream cut into chunks. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";

/** Ten times the usual number of cases, for properties whose cases are short. */
export const MANY_RUNS = { numRuns: 1000 };

/** Messages and errors in order, with their fields; from whole chunks to the end of the stream. */
export function traceOf(decoder: ChannelHandler, chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const channel = new EmbeddedChannel(decoder, {
    channelRead: (_ctx, message) => lines.push(message instanceof ByteBuf ? message.hexDump() : String(message)),
    exceptionCaught: (_ctx, error) => lines.push(describe(error)),
  });
  // Not writeInbound: what still arrives after a fatal error is part of the trace.
  for (const chunk of chunks) {
    channel.pipeline.fireChannelRead(ByteBuf.from(chunk));
    channel.pipeline.fireChannelReadComplete();
  }
  channel.pipeline.fireChannelInactive();
  return lines;
}

/** An error with all that is in it. */
export function describe(error: Error): string {
  if (!(error instanceof SluiceError)) return String(error);
  const { code, offset, length, limit, hex } = error;
  const fields = Object.entries({ offset, length, limit, hex }).filter(([, value]) => value !== undefined);
  return [code, ...fields.map(([name, value]) => `${name}=${value}`)].join(" ");
}

/** `bytes` cut at `cuts`, which may be in any order, repeated or out of range. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.slice(from, places[i] ?? bytes.length));
}

/** `bytes` in chunks of `size`. */
export function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  return chunks;
}

export function bytesOf(text: string): Uint8Array {
  return ByteBuf.from(text).toUint8Array();
}

export function hexOf(text: string): string {
  return ByteBuf.from(text).hexDump();
}
