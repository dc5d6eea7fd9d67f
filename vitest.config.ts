// Four projects in one run and one report:
//   unit        tests beside the sources, on the sources
//   types       *.test-d.ts beside the sources, checked by the compiler and never run
//   repository  the checks of the repository itself: lint, types, dead code, packaging, layers
//   system      everything else in test/, on the built packages through their exports maps
// The checks saturate both cores, and the system tests talk to sockets: they run one group after the other.

import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("packages/", import.meta.url));
const deep = Number(process.env.SLUICE_RUNS ?? 1) > 1;
const propertyRuns = fileURLToPath(new URL("test/property-runs.ts", import.meta.url));

/** Puts test/property-runs.ts in the place of fast-check for everyone but itself. */
const deepProperties: Plugin = {
  name: "deep-properties",
  enforce: "pre",
  resolveId: (id, importer) => (id === "fast-check" && importer !== propertyRuns ? propertyRuns : undefined),
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ["default", "./scripts/skip-reporter.mjs"],
    projects: [
      {
        plugins: deep ? [deepProperties] : [],
        resolve: {
          alias: [
            { find: /^@sluice\/([^/]+)$/, replacement: `${packages}$1/src/index.ts` },
            { find: /^@sluice\/([^/]+)\/(?!package\.json)(.+)$/, replacement: `${packages}$1/src/$2/index.ts` },
            { find: /^sluice$/, replacement: `${packages}sluice/src/index.ts` },
          ],
        },
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          pool: "threads",
          setupFiles: [propertyRuns],
          testTimeout: deep ? 1_800_000 : 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["packages/*/src/**/*.test-d.ts"],
            tsconfig: "tsconfig.json",
            // What is wrong outside the type tests is counted once, by test/repository/types.test.ts.
            ignoreSourceErrors: true,
          },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "repository",
          include: ["test/repository/**/*.test.ts"],
          pool: "threads",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: deep ? [deepProperties] : [],
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: ["test/repository/**", "**/node_modules/**"],
          pool: "forks",
          setupFiles: [propertyRuns],
          testTimeout: deep ? 1_800_000 : 30_000,
          sequence: { groupOrder: 2 },
          // Node itself loads the built packages, as it does for their users.
          server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
        },
      },
    ],
  },
});
