/** What a long pipeline costs the compiler: its own count of type instantiations, which no machine changes. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, tool } from "../../../scripts/workspace.mjs";

/** Of one more `addLast`. A step costs the same wherever it stands; were types nested, it would cost more and more. */
const MOST_A_HANDLER = 200;

describe("the types of a pipeline", () => {
  it("grow with its length, and no faster", { timeout: 120_000 }, () => {
    const [ten, twenty, thirty] = [10, 20, 30].map(instantiations) as [number, number, number];
    const each = (twenty - ten) / 10;
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(MOST_A_HANDLER);
    expect(thirty - twenty).toBeLessThan(1.2 * (twenty - ten));
  });
});

function instantiations(handlers: number): number {
  const folder = join(root, "test", ".cache", "type-instantiations", String(handlers));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pipeline.ts"), program(handlers));
  try {
    const { status, output } = tool(
      "tsc",
      ...["--noEmit", "--extendedDiagnostics", "--strict", "--skipLibCheck", "--types", "node"],
      ...["--target", "es2022", "--module", "nodenext", "--lib", "es2023,esnext.disposable", "--ignoreConfig"],
      join(folder, "pipeline.ts"),
    );
    expect(output).not.toContain("error TS");
    expect(status).toBe(0);
    return Number(/^Instantiations:\s+(\d+)/m.exec(output)?.[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Handlers of three kinds in turn: one that passes everything, one that turns messages into others, a plain object. */
function program(handlers: number): string {
  const steps = Array.from({ length: handlers }, (_, i) => {
    if (i % 3 === 0) return ".addLast(new IdleStateHandler({ readerIdleMs: 1000 }))";
    if (i % 3 === 1) return `.addLast(new Turn${i}())`;
    return ".addLast({ channelActive: (ctx) => ctx.fireChannelActive() })";
  });
  const classes = Array.from({ length: handlers }, (_, i) => i)
    .filter((i) => i % 3 === 1)
    .map((i) => `class Turn${i} extends ChannelDuplexHandler<M${i}, M${i + 3}, M${i + 3}, M${i}> {}`);
  const messages = Array.from({ length: handlers + 4 }, (_, i) => `interface M${i} { readonly m${i}: string }`);
  return `import { ChannelDuplexHandler, type ChannelPipeline, IdleStateHandler } from "sluice";
${[...messages, ...classes].join("\n")}
export const build = (p: ChannelPipeline<M1, M1>) => p${steps.join("")};
`;
}
