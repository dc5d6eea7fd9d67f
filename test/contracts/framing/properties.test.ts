/** No cut may change the outcome: every decoder, with random parameters, on random streams, well formed and not. */

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { decoders } from "./decoder-table.js";
import { describeGiven, foretold } from "./outcome.js";
import { sameForAllCuts } from "./same-for-all-cuts.js";

/** 20 in `npm run test:deep`, and what fast-check multiplies the cases with. */
const factor = Number(process.env.SLUICE_RUNS ?? 1);
const CASES = factor > 1 ? 50_000 : 15_000;
const MILLION = 1_000_000;

let cases = 0;

describe.each(decoders)("$name", (row) => {
  const numRuns = Math.ceil(CASES / decoders.length / 2);

  it("makes of well-formed streams what their senders meant, however they are cut", async () => {
    const property = fc.asyncProperty(row.wellFormed, fc.nat(), async (one, seed) => {
      cases++;
      const whole = sameForAllCuts(row, one, "peer", seed);
      const meant = [...one.parts.flatMap(({ gives }) => gives), ...one.atEnd];
      expect(foretold(whole)).toEqual(meant.map(describeGiven));
    });
    await fc.assert(property, { numRuns });
  });

  it("makes the same of garbage, however it is cut", async () => {
    const property = fc.asyncProperty(row.garbage, fc.nat(), async (one, seed) => {
      cases++;
      sameForAllCuts(row, one, seed % 2 === 0 ? "peer" : "us", seed);
    });
    await fc.assert(property, { numRuns });
  });
});

describe("all of them", () => {
  it("are tried with as many cases as promised, in deep mode a million", () => {
    expect(cases).toBeGreaterThanOrEqual(Math.min(MILLION, CASES * factor));
  });

  afterAll(() => console.log(`framing: ${cases} generated cases`));
});
