/**
 * Anything may arrive: no decoder throws what has no code, holds more than its limit, or works without end.
 *
 * A second for each decoder; `SLUICE_FUZZ_SECONDS=600 npm test -- test/contracts/framing/fuzz` takes ten minutes for each.
 * What is found is kept as a file in fail-cases/ and tried from then on. It is all drawn from one number, which is
 * printed: `SLUICE_FUZZ_SEED=<number>` begins with it.
 */

import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { DecoderRow } from "./decoder-row.js";
import { decoders } from "./decoder-table.js";
import { formatFailCase } from "./fail-case.js";
import { fuzzStream } from "./fuzz-stream.js";
import { shrunk, whyItFails } from "./replay.js";
import { Watchdog } from "./watchdog.js";

const seconds = Number(process.env.SLUICE_FUZZ_SECONDS ?? 1);
const firstSeed = Number(process.env.SLUICE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const timeout = 1000 * (seconds + 120);
/** Streams between two looks at the time. */
const STREAMS = 16;

let streams = 0;
let bytes = 0;

describe.each(decoders)("$name", (row) => {
  it(`survives garbage`, { timeout }, async () => {
    using watchdog = new Watchdog(`${row.name}, SLUICE_FUZZ_SEED=`);
    const end = performance.now() + 1000 * seconds;
    for (let seed = firstSeed; performance.now() < end; seed += STREAMS) {
      for (let i = 0; i < STREAMS; i++) {
        watchdog.signOfLife((seed + i) | 0);
        survive(row, (seed + i) | 0);
      }
      // Channels put off their end to a later job.
      await undefined;
    }
  });
});

afterAll(() => console.log(`framing: ${streams} streams of garbage, ${(bytes / 2 ** 20).toFixed(1)} MiB`));

function survive(row: DecoderRow, seed: number): void {
  const stream = fuzzStream(row, seed);
  streams++;
  for (const chunk of stream.chunks) bytes += chunk.length;
  const why = whyItFails(row, stream);
  if (why === undefined) return;
  const file = new URL(`fail-cases/${row.name.replace(/\W+/g, "-")}-${seed}.hex`, import.meta.url);
  writeFileSync(file, formatFailCase(shrunk(row, stream), why));
  expect.fail(
    `${row.name}: ${why}\nSLUICE_FUZZ_SEED=${seed}\nkept in ${file.pathname.replace(/^.*\/test\//, "test/")}`,
  );
}
