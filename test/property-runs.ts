/**
 * How many cases a property test tries: what it asks for, or fast-check's own 100, times SLUICE_RUNS
 * (`npm run test:deep`). SLUICE_SEED repeats a failed run; fast-check prints the seed and path of every counterexample.
 *
 * Every test file runs this first. When SLUICE_RUNS asks for more, it also stands in for fast-check itself (see
 * vitest.config.ts), because a global default cannot raise what a test asks for by itself.
 */

import fc from "fast-check";

export * from "fast-check";

const DEFAULT_RUNS = 100;

const factor = Number(process.env.SLUICE_RUNS ?? 1);
const seed = process.env.SLUICE_SEED;

fc.configureGlobal({
  numRuns: scaled(DEFAULT_RUNS),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

/** `fc.assert` and `fc.check` with more cases. */
export const assert = deepened(fc.assert);
export const check = deepened(fc.check);

export default { ...fc, assert, check };

function deepened<Run extends (property: never, parameters: never) => unknown>(run: Run): Run {
  const deep = (property: never, parameters: { readonly numRuns?: number } = {}): unknown => {
    const { numRuns } = parameters;
    return run(property, (numRuns === undefined ? parameters : { ...parameters, numRuns: scaled(numRuns) }) as never);
  };
  return deep as unknown as Run;
}

function scaled(runs: number): number {
  return Math.max(1, Math.round(runs * factor));
}
