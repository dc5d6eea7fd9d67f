/** Runs a stream that a decoder may fail on, and makes one that it does fail on smaller. */

import { ByteBuf } from "sluice";
import type { DecoderRow } from "./decoder-row.js";
import type { FailCase } from "./fail-case.js";
import { WatchedStream } from "./watched-stream.js";

/** What a decoder did that it must not; undefined if it did well. */
export function whyItFails(row: DecoderRow, { options, chunks, end }: FailCase): string | undefined {
  try {
    const stream = new WatchedStream(row, options);
    for (const chunk of chunks) {
      if (!stream.isOpen) break;
      stream.feed(ByteBuf.from(chunk.slice()));
    }
    stream.end(end);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same with fewer chunks and bytes, as long as something is wrong. */
export function shrunk(row: DecoderRow, failCase: FailCase): FailCase {
  let smallest = failCase;
  let attempts = MOST_ATTEMPTS;
  const accept = (chunks: readonly Uint8Array[]): boolean => {
    if (attempts-- <= 0 || whyItFails(row, { ...failCase, chunks }) === undefined) return false;
    smallest = { ...failCase, chunks };
    return true;
  };
  withoutRanges(smallest.chunks, accept);
  for (let at = smallest.chunks.length - 1; at >= 0; at--) {
    const others = smallest.chunks;
    const with1 = (bytes: readonly number[]) => others.map((chunk, i) => (i === at ? Uint8Array.from(bytes) : chunk));
    withoutRanges([...(others[at] as Uint8Array)], (bytes) => accept(with1(bytes)));
  }
  return smallest;
}

/** Takes out halves, quarters and so on, wherever `accept` agrees. */
function withoutRanges<T>(items: readonly T[], accept: (items: readonly T[]) => boolean): void {
  for (let size = Math.ceil(items.length / 2); size > 0; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let at = 0; at < items.length; ) {
      const fewer = [...items.slice(0, at), ...items.slice(at + size)];
      if (accept(fewer)) items = fewer;
      else at += size;
    }
  }
}

const MOST_ATTEMPTS = 5000;
