/**
 * How many cases a property test tries: fast-check's own default times SLUICE_RUNS (`npm run test:deep`).
 * SLUICE_SEED repeats a failed run; fast-check prints the seed and the path of every counterexample.
 */

import fc from "fast-check";

const DEFAULT_RUNS = 100;

const factor = Number(process.env.SLUICE_RUNS ?? 1);
const seed = process.env.SLUICE_SEED;

fc.configureGlobal({
  numRuns: Math.max(1, Math.round(DEFAULT_RUNS * factor)),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
