/** The shape of the tree: small files, telling names, no syntax that a type stripper cannot drop, nothing of a machine. */

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { capture, filesBelow, root } from "../../scripts/workspace.mjs";

const MAX_LINES = 450;
const SOURCE = /\.(?:ts|mts|js|mjs)$/;
const OWN_FOLDERS = /^(?:packages\/[^/]+\/(?:src|fixtures)|benchmarks|test|docs\/examples|scripts)\//;

/** Drawers that end up holding everything. */
const DRAWER = /^(?:utils?|helpers?|commons?|types?|misc)(?:\.|$)/;

/** Absolute paths that mean something on one machine only. */
const MACHINE_PATH = /(?<![\w.:/-])\/(?:home|Users|root|work|workspace|mnt|private\/var)\/[\w.-]+/g;

const files = repositoryFiles();
const sources = files.filter((path) => SOURCE.test(path) && OWN_FOLDERS.test(path));

describe("files", () => {
  it("were found", () => {
    expect(files).toContain("package.json");
    expect(sources).toContain("test/repository/files.test.ts");
  });

  it(`have at most ${MAX_LINES} lines`, () => {
    const long = sources.map((path) => ({ path, lines: text(path).split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });

  it("are TypeScript in src: a .js beside its source would be loaded in its place", () => {
    expect(files.filter((path) => /^packages\/[^/]+\/src\//.test(path) && !path.endsWith(".ts"))).toEqual([]);
  });

  it("are named for what they hold", () => {
    expect(
      sources.filter((path) =>
        path
          .split("/")
          .slice(1)
          .some((part) => DRAWER.test(part)),
      ),
    ).toEqual([]);
  });

  it("are named in kebab-case", () => {
    const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|test-d|config|d|bench))*\.(?:ts|mts|js|mjs)$/;
    expect(sources.filter((path) => !name.test(basename(path)))).toEqual([]);
  });

  it("contain no enum and no namespace", () => {
    const declaration =
      /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?(?:enum\s+\w+\s*\{|(?:namespace|module)\s+[\w.]+\s*\{)/m;
    expect(sources.filter((path) => path.endsWith("ts") && declaration.test(text(path)))).toEqual([]);
  });

  it("mention no path of somebody's machine", () => {
    const mentions = files.flatMap((path) => (text(path).match(MACHINE_PATH) ?? []).map((hit) => `${path}: ${hit}`));
    expect(mentions).toEqual([]);
  });
});

/** What is tracked or about to be; outside a clone, everything that is not generated. */
function repositoryFiles(): string[] {
  const { status, output } = capture("git", [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "--deduplicate",
  ]);
  if (status !== 0) return filesBelow("");
  return output.split("\n").filter((path) => path !== "" && existsSync(join(root, path)));
}

/** The text of a file; nothing for one that is not text. */
function text(path: string): string {
  const content = readFileSync(join(root, path), "utf8");
  return content.includes("\0") ? "" : content;
}
