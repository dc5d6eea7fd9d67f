/** Formatting and lint are clean, and the bans of biome.jsonc really ban. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, tool } from "../../scripts/workspace.mjs";
import { succeed } from "./succeed.js";

const HOST = [
  "export const bytes = Buffer.alloc(1);",
  "export const variables = process.env;",
  'console.log("hello");',
  "export const host = global;",
  "export const everything = globalThis;",
  'export const net = require("net");',
  "setImmediate(() => {});",
  "export const folder = __dirname;",
  'import "node:net";',
];

const BANNED: readonly (readonly [file: string, imported: string])[] = [
  ["packages/testing/src/node.ts", "node:net"],
  ["packages/buffer/src/up.ts", "@sluice/core"],
  ["packages/core/src/up.ts", "@sluice/codec"],
  ["packages/core/src/metadata.ts", "reflect-metadata"],
  ["packages/codec/src/beside.ts", "@sluice/handler"],
  ["packages/codec/src/up.ts", "sluice"],
  ["packages/handler/src/beside.ts", "@sluice/transport-node"],
  ["packages/testing/src/beside.ts", "@sluice/codec"],
  ["packages/transport-node/src/beside.ts", "@sluice/codec"],
];

const ALLOWED: readonly (readonly [file: string, imported: string])[] = [
  ["packages/transport-node/src/node.ts", "node:net"],
  ["packages/core/src/decorators/metadata.ts", "reflect-metadata"],
  ["packages/codec/src/below.ts", "@sluice/core/embedded"],
  ["packages/codec/src/below.test.ts", "@sluice/testing"],
  ["packages/sluice/src/below.ts", "@sluice/codec"],
];

describe("biome", () => {
  it("finds nothing to complain about", () => {
    succeed(tool("biome", "check", "--error-on-warnings", "--max-diagnostics=200", "."));
  });

  const complaints = lint([
    ...["buffer", "core", "codec", "handler"].map((folder) => [`packages/${folder}/src/host.ts`, HOST] as const),
    ...[...BANNED, ...ALLOWED].map(([file, imported]) => [file, [`import "${imported}";`]] as const),
  ]);

  it.each(["buffer", "core", "codec", "handler"])("bans every name of the host from %s", (folder) => {
    const lines = complaints.filter(({ file }) => file === `packages/${folder}/src/host.ts`).map(({ line }) => line);
    expect(lines.sort()).toEqual(HOST.map((_, at) => at + 1));
  });

  it.each(BANNED)("bans in %s: %s", (banned) => {
    expect(complaints.filter(({ file }) => file === banned)).toHaveLength(1);
  });

  it.each(ALLOWED)("allows in %s: %s", (allowed) => {
    expect(complaints.filter(({ file }) => file === allowed)).toEqual([]);
  });
});

/** Which lines of some sources biome restricts, when they stand in a repository with the same configuration. */
function lint(probes: readonly (readonly [file: string, lines: readonly string[]])[]) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-lint-"));
  try {
    copyFileSync(join(root, "biome.jsonc"), join(folder, "biome.jsonc"));
    for (const [file, lines] of probes) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${lines.join("\n")}\n`);
    }
    const { output } = tool(
      "biome",
      "lint",
      "--vcs-enabled=false",
      "--reporter=github",
      "--max-diagnostics=none",
      `--config-path=${folder}`,
      join(folder, "packages"),
    );
    return [...output.matchAll(/noRestricted\w+,file=.*?(packages\/[^,]+),line=(\d+)/g)].map(([, file, line]) => ({
      file,
      line: Number(line),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
