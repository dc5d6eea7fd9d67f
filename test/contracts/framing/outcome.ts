/** What comes out of a decoder for a stream in chunks, as lines that can be compared. */

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, type ChannelHandler, SluiceError } from "sluice";
import type { DecoderRow, Given } from "./decoder-row.js";
import type { RandomCut } from "./random-cut.js";

/** How a stream ends: as the peer wants it, or by our own close. */
export type StreamEnd = "peer" | "us";

export function outcomeOf(row: DecoderRow, options: unknown, cut: RandomCut, end: StreamEnd): string[] {
  const lines: string[] = [];
  const handlers = row.make(options);
  const channel = new EmbeddedChannel({ handlers: [...handlers, recorder(lines)] });
  for (let index = 0; index < cut.chunks && channel.isOpen; index++) {
    channel.pipeline.fireChannelRead(cut.chunk(index));
    channel.pipeline.fireChannelReadComplete();
    channel.runPendingTasks();
  }
  const { droppedBytes } = handlers[0] as { readonly droppedBytes?: number };
  // A channel that closes itself has no further chunks to drop.
  if (channel.isOpen && droppedBytes !== undefined && droppedBytes > 0) lines.push(`dropped ${droppedBytes}`);
  lines.push(END);
  endStream(channel, end);
  if (cut.wasWritten) lines.push("the memory of a chunk was written to");
  return lines;
}

/** Writes down messages and errors; they go no further. */
function recorder(lines: string[]): ChannelHandler {
  let hasEnded = false;
  const add = (line: string) => lines.push(hasEnded ? `behind channelInactive: ${line}` : line);
  return {
    channelRead: (_ctx, message) => add(describeMessage(message)),
    exceptionCaught: (_ctx, error) => add(describeError(error)),
    channelInactive: () => {
      hasEnded = true;
    },
  };
}

export function endStream(channel: EmbeddedChannel, end: StreamEnd): void {
  if (end === "peer") channel.engine.inputShutdown();
  else channel.close();
  channel.runPendingTasks();
}

/** Bytes as hex, everything else as JSON. */
export function describeMessage(message: unknown): string {
  if (message instanceof ByteBuf) return message.hexDump();
  return message instanceof Uint8Array ? ByteBuf.from(message).hexDump() : JSON.stringify(message);
}

/** All that an error tells beside its words. */
export function describeError(error: unknown): string {
  if (!(error instanceof SluiceError)) return `not a SluiceError: ${error}`;
  let line = `error ${error.code}`;
  for (const field of FIELDS) if (error[field] !== undefined) line += ` ${field}=${error[field]}`;
  return line;
}

/** The lines as an encoder can foretell them: errors by their codes alone. */
export function foretold(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== END).map((line) => line.replace(/^(error \w+).*/, "$1"));
}

export function describeGiven(given: Given): string {
  return "error" in given ? `error ${given.error}` : describeMessage(given.message);
}

const FIELDS = ["offset", "length", "limit", "hex"] as const;
export const END = "-- end of stream --";
