// The results on disk, a file a scenario: a later run of one scenario replaces that one only.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { SCENARIOS } from "../scenarios/index.mjs";

export const RESULTS = new URL("../results/", import.meta.url);

export function writeResult(result) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${result.name}.json`, RESULTS), `${JSON.stringify(result, null, 1)}\n`);
}

/** In the order of the scenarios. */
export function readResults() {
  const paths = SCENARIOS.map(({ name }) => new URL(`${name}.json`, RESULTS)).filter((path) => existsSync(path));
  if (paths.length === 0) throw new Error("there are no results yet: npm run bench");
  return paths.map((path) => JSON.parse(readFileSync(path, "utf8")));
}
