/** What npm would publish: packed as for a release, then judged by publint and attw and loaded by Node. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { capture, packageFolders, pnpm, readJson, root, tool } from "../../scripts/workspace.mjs";
import { succeed } from "./succeed.js";

const work = join(root, "test", ".cache", "packaging");
const modules = join(work, "consumer", "node_modules");
const folders = packageFolders();

beforeAll(() => {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(modules, { recursive: true });
  succeed(pnpm("--recursive", "--filter", "./packages/*", "pack", "--pack-destination", work));
  for (const folder of folders) unpack(folder);
});

describe.each(folders)("%s", (folder) => {
  const { name, exports } = readJson(`packages/${folder}/package.json`);
  const entries = Object.keys(exports)
    .filter((entry) => entry !== "./package.json")
    .map((entry) => name + entry.slice(1));

  it("passes publint", () => {
    succeed(tool("publint", "run", tarball(folder), "--strict"));
  });

  it("passes attw as an ES module", () => {
    succeed(tool("attw", tarball(folder), "--profile", "esm-only", "--no-emoji", "--no-color"));
  });

  it("carries its licence and sources, no tests and nothing of the workspace", () => {
    const files = readdirSync(join(modules, name), { recursive: true, encoding: "utf8" });
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "package.json", "dist/index.js", "src/index.ts"]));
    expect(files.filter((path) => /\.test(?:-d)?\.|tsbuildinfo|node_modules/.test(path))).toEqual([]);
    expect(readFileSync(join(modules, name, "package.json"), "utf8")).not.toContain("workspace:");
  });

  it.each(entries)("%s loads by import and by require", (entry) => {
    const script = `const required = require("${entry}"); import("${entry}").then((imported) => {
      if (Object.keys(imported).length === 0 || required !== imported) process.exit(1);
    });`;
    succeed(capture(process.execPath, ["--eval", script], { cwd: join(work, "consumer") }));
  });
});

/** The file `pnpm pack` writes. */
function tarball(folder: string): string {
  const { name, version } = readJson(`packages/${folder}/package.json`);
  return join(work, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
}

/** Puts a packed package, and what it needs from the registry, where a consumer would have them installed. */
function unpack(folder: string): void {
  const { name, dependencies = {} } = readJson(`packages/${folder}/package.json`);
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  succeed(capture("tar", ["-xzf", tarball(folder), "-C", work]));
  renameSync(join(work, "package"), join(modules, name));
  for (const dependency of Object.keys(dependencies).filter((other) => dependencies[other] !== "workspace:*")) {
    const installed = realpathSync(join(root, "packages", folder, "node_modules", dependency));
    if (!existsSync(join(modules, dependency))) symlinkSync(installed, join(modules, dependency));
  }
}
