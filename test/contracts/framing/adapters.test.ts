/** Decoders without a channel give what they give in one, however the bytes are cut. */

import { Readable } from "node:stream";
import fc from "fast-check";
import { type ChannelHandler, FrameReader, FrameStream, FrameTransformer } from "sluice";
import { describe, expect, it } from "vitest";
import { Random32 } from "../../interop/random-32.js";
import type { DecoderRow, FramingCase } from "./decoder-row.js";
import { decoders } from "./decoder-table.js";
import { describeError, describeMessage, END, outcomeOf } from "./outcome.js";
import { RandomCut } from "./random-cut.js";

const NUM_RUNS = 40;

describe.each(decoders)("$name", (row) => {
  const streams = fc.oneof<fc.Arbitrary<FramingCase>[]>(row.wellFormed, row.garbage);

  it("gives the same in a FrameReader and a FrameTransformer", async () => {
    const property = fc.asyncProperty(streams, fc.nat(), async ({ options, bytes }, seed) => {
      const expected = inAChannel(row, options, bytes);
      const cut = RandomCut.random(bytes, new Random32(seed));
      expect(inAReader(row, options, cut)).toEqual(expected);
      expect(inATransformer(row, options, cut)).toEqual(expected);
    });
    await fc.assert(property, { numRuns: NUM_RUNS });
  });

  it("gives the same in a FrameStream, up to the first error", async () => {
    const property = fc.asyncProperty(streams, fc.nat(), async ({ options, bytes }, seed) => {
      const lines = inAChannel(row, options, bytes);
      const error = lines.findIndex((line) => line.startsWith("error "));
      const cut = RandomCut.random(bytes, new Random32(seed));
      expect(await inAStream(row, options, cut)).toEqual(error < 0 ? lines : lines.slice(0, error + 1));
    });
    await fc.assert(property, { numRuns: NUM_RUNS });
  });
});

function inAChannel(row: DecoderRow, options: unknown, bytes: Uint8Array): string[] {
  const lines = outcomeOf(row, options, RandomCut.whole(bytes), "peer");
  return lines.filter((line) => line !== END && !line.startsWith("dropped "));
}

function inAReader(row: DecoderRow, options: unknown, cut: RandomCut): string[] {
  const lines: string[] = [];
  const reader = new FrameReader(row.make(options), { onError: (error) => lines.push(describeError(error)) });
  for (const chunk of chunksOf(cut)) for (const frame of reader.push(chunk)) lines.push(describeMessage(frame));
  for (const frame of reader.end()) lines.push(describeMessage(frame));
  return lines;
}

/** As a web stream calls it; that keeps frames until they are read, but tells errors at once. */
function inATransformer(row: DecoderRow, options: unknown, cut: RandomCut): string[] {
  const lines: string[] = [];
  let isOver = false;
  const transformer = new FrameTransformer(row.make(options), { onError: (error) => lines.push(describeError(error)) });
  const controller = {
    enqueue: (frame: unknown) => lines.push(describeMessage(frame)),
    terminate: () => {
      isOver = true;
    },
  };
  for (const chunk of chunksOf(cut)) if (!isOver) transformer.transform(chunk, controller);
  if (!isOver) transformer.flush(controller);
  return lines;
}

async function inAStream(row: DecoderRow, options: unknown, cut: RandomCut): Promise<string[]> {
  const lines: string[] = [];
  const stream = new FrameStream<readonly [unknown]>([...row.make(options), inAnEnvelope]);
  const source = Readable.from(chunksOf(cut));
  try {
    for await (const [message] of source.pipe(stream)) lines.push(describeMessage(message));
  } catch (error) {
    lines.push(describeError(error));
  }
  source.destroy();
  return lines;
}

/** Node's streams cannot carry the null that JSON can. */
const inAnEnvelope: ChannelHandler = {
  sharable: true,
  channelRead: (ctx, message) => ctx.fireChannelRead([message]),
};

function chunksOf(cut: RandomCut): Uint8Array[] {
  return Array.from({ length: cut.chunks }, (_, index) => cut.chunk(index).asUint8Array());
}
