/** How much of Sluice a page has to load: the neutral packages bundled for a browser, as a budget in bytes. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/workspace.mjs";

const KIB = 1024;
const FRAMED_CLIENT = `
  export { Bootstrap } from "@sluice/core";
  export { LengthFieldBasedFrameDecoder, LengthFieldPrepender } from "@sluice/codec";
`;

describe("bundled for a browser, minified and compressed", () => {
  it.each([
    ["a client with a framing", 32, FRAMED_CLIENT],
    ["all of core", 36, 'export * from "@sluice/core";'],
  ])("%s takes less than %i KiB", async (name, mostKib, source) => {
    const { bytes, foreign } = await bundle(name.replaceAll(" ", "-"), source);
    expect(foreign).toEqual([]);
    expect(bytes / KIB).toBeLessThan(mostKib);
    // A bundle that is nearly empty has lost what it was asked for.
    expect(bytes / KIB).toBeGreaterThan(mostKib / 3);
  });
});

/** @returns its compressed size, and what it would have to import when it runs */
async function bundle(name: string, source: string): Promise<{ bytes: number; foreign: string[] }> {
  const folder = join(root, "test", ".cache", "bundle-size", name);
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, "entry.js");
  writeFileSync(entry, source);
  try {
    const output = (await build({
      configFile: false,
      logLevel: "silent",
      root: folder,
      build: {
        write: false,
        target: "es2022",
        modulePreload: false,
        rollupOptions: { input: entry, preserveEntrySignatures: "strict", output: { format: "es" } },
      },
    })) as Rollup.RollupOutput;
    const chunks = output.output.filter((part) => part.type === "chunk");
    const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
    return { bytes, foreign: chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
