// Runs every check and test in one runner, so that one report counts them all. Arguments go to vitest:
// `npm test -- packages/buffer`. `--deep` lets each property test run many more cases; SLUICE_RUNS says how many times.

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.mjs";

const REPORT = join(root, "test", ".cache", "report.json");
const DEEP_RUNS = "20";

const given = process.argv.slice(2);
const deep = given.includes("--deep");
const args = given.filter((argument) => argument !== "--deep");

// A report of an earlier run must not be taken for this one's.
rmSync(REPORT, { force: true });
mkdirSync(join(root, "test", ".cache"), { recursive: true });

const child = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=./scripts/skip-reporter.mjs",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
    ...args,
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: deep ? { ...process.env, SLUICE_RUNS: process.env.SLUICE_RUNS ?? DEEP_RUNS } : process.env,
  },
);
process.exit(child.status ?? 1);
