/** Pipelines that change while a chunk is being decoded: nothing is lost and nothing comes twice, however it was cut. */

import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { ByteBuf, type ChannelHandler, FixedLengthFrameDecoder, LineBasedFrameDecoder, StringDecoder } from "sluice";
import { describe, expect, it } from "vitest";
import { Random32 } from "../../interop/random-32.js";
import { textInPieces } from "./behind-a-framer-rows.js";
import { type DecoderRow, type FramingCase, joined, type WellFormedCase } from "./decoder-row.js";
import { decoders } from "./decoder-table.js";
import { type LifePlan, liveThrough } from "./life.js";
import { END, outcomeOf } from "./outcome.js";
import { RandomCut } from "./random-cut.js";

const NUM_RUNS = 150;
const RANDOM_CUTS = 3;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Those whose messages are the same in every cut, so that one can be told by its number. */
const rows = decoders.filter((row) => row !== textInPieces);

const plans: fc.Arbitrary<LifePlan> = fc.record({
  edit: fc.constantFrom("none", "remove", "replace", "close"),
  at: fc.integer({ min: 1, max: 5 }),
  rushing: fc.subarray([1, 2, 3, 4]),
  byHandFrom: fc.constantFrom(0, 1, 2, NEVER),
});

/** What may take a decoder's place. */
const replacements: Readonly<Record<string, () => ChannelHandler>> = {
  lines: () => new LineBasedFrameDecoder({ maxLength: 6 }),
  threes: () => new FixedLengthFrameDecoder({ frameLength: 3 }),
};

describe.each(rows)("$name", (row) => {
  it("loses nothing and gives nothing twice", async () => {
    const streams = fc.oneof<fc.Arbitrary<FramingCase | WellFormedCase>[]>(row.wellFormed, row.garbage);
    const cases = [streams, plans, fc.constantFrom(...Object.keys(replacements)), fc.nat()] as const;
    const property = fc.asyncProperty(...cases, async (one, plan, replacement, seed) => {
      // What stands behind a framer would not understand another.
      const mayReplace = row.make(one.options).length === 1;
      const edit = plan.edit === "replace" && !mayReplace ? "none" : plan.edit;
      checkLife(row, one, { ...plan, edit }, replacements[replacement] as () => ChannelHandler, new Random32(seed));
    });
    await fc.assert(property, { numRuns: NUM_RUNS });
  });
});

function checkLife(
  row: DecoderRow,
  one: FramingCase | WellFormedCase,
  plan: LifePlan,
  replacement: () => ChannelHandler,
  random: Random32,
): void {
  const { bytes } = one;
  // A decoder that has failed and lives on asks for nothing any more.
  const options = { ...(one.options as object), closeOnFatalError: true };
  const quietly: LifePlan = { ...plan, rushing: [], byHandFrom: NEVER };
  const live = (cut: RandomCut, how: LifePlan) => liveThrough(row, options, cut, how, replacement);
  const whole = live(RandomCut.whole(bytes), quietly);

  if (plan.edit === "none") expect(whole.lines).toEqual(outcomeOf(row, options, RandomCut.whole(bytes), "peer"));
  if (plan.edit === "remove" && whole.isEdited) expectRest(one, plan.at, whole.rest);
  if (plan.edit === "replace" && whole.isEdited) {
    const { lines, rest } = live(RandomCut.whole(bytes), { ...quietly, edit: "remove" });
    const later = outcomeOf({ ...row, make: () => [replacement()] }, {}, RandomCut.whole(rest), "peer");
    expect(whole.lines).toEqual([...lines.slice(0, lines.indexOf(END)), ...later]);
  }
  for (let i = 0; i <= RANDOM_CUTS; i++) {
    const cut = i === 0 ? RandomCut.byteByByte(bytes) : RandomCut.random(bytes, random);
    const { arrived, ...life } = live(cut, plan);
    // Frames that have arrived when the channel is closed are still delivered, so it matters how many had.
    const isCloser = plan.edit === "close";
    const { lines, rest, isEdited } = isCloser ? live(RandomCut.whole(bytes.subarray(0, arrived)), quietly) : whole;
    expect({ cut: `${cut}`, ...life }).toEqual({ cut: `${cut}`, lines, rest, isEdited });
  }
}

/** The end of the stream; of a well-formed one all behind the part with message `at`, and of that part not all. */
function expectRest(one: FramingCase | WellFormedCase, at: number, rest: Uint8Array): void {
  const { bytes } = one;
  expect(rest).toEqual(bytes.subarray(bytes.length - rest.length));
  if (!("parts" in one)) return;
  const { parts } = one;
  const ends = parts.findIndex((_part, i) => messagesOf(parts.slice(0, i + 1)) >= at);
  const behind = joined(parts.slice(ends + 1).map((part) => part.bytes)).length;
  expect(rest.length).toBeGreaterThanOrEqual(behind);
  expect(rest.length).toBeLessThan(behind + (parts[ends]?.bytes.length as number));
  expect(rest).toEqual(bytes.subarray(bytes.length - rest.length));
}

function messagesOf(parts: WellFormedCase["parts"]): number {
  return parts.flatMap(({ gives }) => gives).filter((given) => "message" in given).length;
}

describe(textInPieces.name, () => {
  it("hands on the beginning of a character when it is taken out", async () => {
    const property = fc.asyncProperty(
      textInPieces.wellFormed,
      fc.nat(),
      fc.nat(),
      async ({ options, bytes }, seed, n) => {
        const cut = RandomCut.random(bytes, new Random32(seed));
        const given: Uint8Array[] = [];
        const decoder = new StringDecoder(options as ConstructorParameters<typeof StringDecoder>[0]);
        const { encoding } = options as { readonly encoding: "utf8" | "utf16le" };
        const channel = new EmbeddedChannel(decoder, {
          channelRead: (_ctx, message: string | ByteBuf) =>
            given.push(typeof message === "string" ? Buffer.from(message, encoding) : message.toUint8Array()),
        });
        const removeBefore = n % (cut.chunks + 1);
        for (let i = 0; i <= cut.chunks; i++) {
          if (i === removeBefore) channel.pipeline.remove(decoder);
          if (i < cut.chunks) channel.writeInbound(cut.chunk(i));
        }
        expect(ByteBuf.from(joined(given)).hexDump()).toBe(ByteBuf.from(bytes).hexDump());
      },
    );
    await fc.assert(property, { numRuns: NUM_RUNS });
  });
});
