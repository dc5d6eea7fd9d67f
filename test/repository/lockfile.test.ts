/** What gets installed depends on the repository alone, not on the machine that wrote the lockfile. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { filesBelow, readJson, root } from "../../scripts/workspace.mjs";

it.each(["pnpm-lock.yaml", "pnpm-workspace.yaml"])("%s names no host", (path) => {
  if (!existsSync(join(root, path))) return;
  expect(readFileSync(join(root, path), "utf8")).not.toMatch(/https?:\/\/|\/\/[\w.-]+\.\w+/);
});

it("every dependency from a registry is pinned by its content", () => {
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
  const resolutions = lockfile.match(/resolution: .*/g) ?? [];
  expect(resolutions.length).toBeGreaterThan(0);
  expect(resolutions.filter((line) => !/integrity: sha512-/.test(line))).toEqual([]);
});

it("one package manager, pinned to a version, and one lockfile", () => {
  expect(readJson("package.json").packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/);
  const lockfiles = filesBelow("").filter((path) => /(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml)$/.test(path));
  expect(lockfiles).toEqual(["pnpm-lock.yaml"]);
});

it("what the packages need at run time is pinned exactly", () => {
  const ranges = [];
  for (const path of filesBelow("packages").filter((file) => /^packages\/[^/]+\/package\.json$/.test(file))) {
    for (const [name, range] of Object.entries<string>(readJson(path).dependencies ?? {})) {
      if (range !== "workspace:*" && !/^\d+\.\d+\.\d+$/.test(range)) ranges.push(`${path}: ${name}@${range}`);
    }
  }
  expect(ranges).toEqual([]);
});
