/**
 * Netty's decoders and encoders and ours on the same random bytes, in one chunk, where chunking does not matter: the same
 * frames, the same kinds of errors in the same places, the same bytes left over. Where Sluice departs from Netty on
 * purpose, frame-departures.ts says exactly how, and docs/framing.md shows the bytes.
 */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import * as arbitraries from "./frame-arbitraries.js";
import { type FrameCase, isEncoder, question } from "./frame-case.js";
import { departed, departureNames, mayBeUndecided } from "./frame-departures.js";
import { FrameOracle } from "./frame-oracle.js";
import { nettyOutcome, ourStream } from "./frame-outcome.js";
import { type Netty, prepareNetty } from "./netty.js";

const KINDS = {
  "length-field frames": arbitraries.lengthFieldCases,
  lines: arbitraries.lineCases,
  "frames between delimiters": arbitraries.delimiterCases,
  "frames of a fixed length": arbitraries.fixedLengthCases,
  "protobuf varint frames": arbitraries.varintCases,
  "JSON objects and arrays": arbitraries.jsonCases,
  "JSON array elements": arbitraries.jsonElementCases,
  "length-field prepending": arbitraries.lengthFieldPrependerCases,
  "protobuf varint prepending": arbitraries.varintPrependerCases,
};

/** Of each kind: one round trip to Netty each, with half as many cases on average. */
const BATCHES = 16;
const LARGEST_BATCH = 250;
const LEAST_CASES = 5_000;

let netty: Netty | string;
let oracle: FrameOracle | undefined;
let cases = 0;
const met = new Set<string>();

beforeAll(async () => {
  netty = await prepareNetty();
  if (typeof netty !== "string") oracle = new FrameOracle(netty);
}, 300_000);

afterAll(() => oracle?.[Symbol.asyncDispose]());

describe("Netty and Sluice agree on", () => {
  it.for(Object.entries(KINDS))("%s", async ([, arbitrary], context) => {
    const asked = required(context);
    const batches = fc.array(arbitrary, { minLength: 1, maxLength: LARGEST_BATCH, size: "max" });
    await fc.assert(
      fc.asyncProperty(batches, (batch) => compare(asked, batch)),
      { numRuns: BATCHES },
    );
  });

  it(`at least ${LEAST_CASES} cases`, (context) => {
    required(context);
    expect(cases).toBeGreaterThanOrEqual(LEAST_CASES);
  });

  it("everything but departures that matter", (context) => {
    required(context);
    expect(departureNames().filter((name) => !met.has(name))).toEqual([]);
  });
});

async function compare(oracle: FrameOracle, batch: readonly FrameCase[]): Promise<void> {
  const answers = await oracle.ask(batch.flatMap((given) => neutral(given).map((alike) => question(alike, "settle"))));
  for (const [i, given] of batch.entries()) {
    const expected = expectation(given, answers[2 * i] as string, answers[2 * i + 1] as string);
    const stream = ourStream(given);
    const atEnd = stream.length > 1 ? (stream.pop() as string[]) : [];
    const soon = stream.flat();
    if (mayBeUndecided(given)) expected.soon = Math.min(expected.soon, soon.length);
    expect({ given, events: [...soon, ...atEnd], soon: soon.length }).toEqual({ given, ...expected });
  }
  cases += batch.length;
}

/**
 * What Sluice has to make of a case, from what Netty makes of it, and how much of that before the end of the stream.
 *
 * @param eager Netty's answer with `failFast`, which has all errors.
 * @param asked Its answer as the case has it: an error that is missing comes at the end.
 */
function expectation(given: FrameCase, eager: string, asked: string) {
  const netty = nettyOutcome(given, eager);
  const { events, rest } = departed(given, netty, met);
  const isSame = events.length === netty.events.length;
  const isLate = isSame && nettyOutcome(given, asked).events.length < events.length && isTooLong(events.at(-1));
  const soon = events.filter((event) => !event.startsWith("FRAME_TRUNCATED")).length - (isLate ? 1 : 0);
  if (rest === "" || isEncoder(given)) return { events, soon };
  return { events: [...events, `FRAME_TRUNCATED:${rest.length / 2}`], soon };
}

function isTooLong(event: string | undefined): boolean {
  return event?.startsWith("FRAME_TOO_LONG") === true;
}

/**
 * The questions for Netty about a case: one that gets every error at once, and one that does not. Two things that are
 * otherwise there are taken out of both: at one place the delimiter that is listed first ends the frame, and the limit of
 * JSON is for all that happens to be in the buffer.
 */
function neutral(given: FrameCase): [FrameCase, FrameCase] {
  switch (given.kind) {
    case "length-field":
      return [{ ...given, options: { ...given.options, failFast: true } }, given];
    case "line":
      return [{ ...given, options: { ...given.options, failFast: true } }, given];
    case "delimiter": {
      const delimiters = [...given.options.delimiters].sort((a, b) => b.length - a.length);
      const ordered = { ...given, options: { ...given.options, delimiters } };
      return [{ ...ordered, options: { ...ordered.options, failFast: true } }, ordered];
    }
    case "json": {
      const unlimited = { ...given, options: { ...given.options, maxObjectLength: 2 ** 31 - 1 } };
      return [unlimited, unlimited];
    }
    default:
      return [given, given];
  }
}

function required(context: TestContext): FrameOracle {
  return oracle ?? context.skip(netty as string);
}
