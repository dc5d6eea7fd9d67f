/** The benchmarks measure what they say: their statistics by hand, and one turn of each kind of load, with either generator. */

import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, type TestContext } from "vitest";
import { Child } from "../../benchmarks/contest/child.mjs";
import { compiled } from "../../benchmarks/contest/native.mjs";
import { cpuOf } from "../../benchmarks/contest/process-usage.mjs";
import { fittedExponent, median, ratios, spread } from "../../benchmarks/contest/statistics.mjs";
import { htmlReport } from "../../benchmarks/report/html.mjs";
import { markdownTables } from "../../benchmarks/report/markdown.mjs";
import { textTable } from "../../benchmarks/report/text.mjs";

describe("statistics", () => {
  it("put quantiles between numbers", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([1, 2, 3, 4, 5])).toEqual({ low: 2, middle: 3, high: 4, count: 5 });
  });

  it("compare within rounds, and leave out rounds that one of the two sat out", () => {
    expect(ratios([2, 6, 9], [4, null, 3])).toEqual([0.5, 3]);
  });

  it("find the exponent of a power, whatever its factor", () => {
    const points = [1, 10, 100].map((x) => ({ x, y: 7 * x ** 2 }));
    expect(fittedExponent(points)).toBeCloseTo(2);
  });
});

describe.each(["C", "Node.js"])("a load generator in %s", (language) => {
  it.for([
    ["echo", "echo", 8, 4],
    ["paced", "echo", 4, 1],
    ["churn", "echo", 4, 1],
    ["broadcast", "broadcast", 10, 2],
  ] as const)("gets every answer: %s", async ([mode, role, connections, depth], context) => {
    const program = generator(language, context);
    const server = new Child([process.execPath, "--expose-gc", path("servers/sluice.mjs"), role]);
    const { port } = await server.answer();
    const load = new Child([...program, ...[mode, port, connections, 64, depth, 500].map(String)]);
    await load.answer();
    const { frames, p50, ms } = await load.ask("200");
    expect(frames).toBeGreaterThan(0);
    expect(frames % (mode === "broadcast" ? connections * depth : depth)).toBe(0);
    expect(ms).toBeGreaterThanOrEqual(200);
    if (mode === "paced") expect(p50).toBeGreaterThan(0);
    await Promise.all([load.end(), server.end()]);
  });

  it("holds connections that wait", async (context) => {
    const program = generator(language, context);
    const server = new Child([process.execPath, "--expose-gc", path("servers/sluice.mjs"), "idle"]);
    const { port } = await server.answer();
    const before = (await server.ask("collect")).heapBytes;
    const load = new Child([...program, "hold", String(port), "200", "64", "1", "0"]);
    await load.answer();
    const perConnection = ((await server.ask("collect")).heapBytes - before) / 200;
    expect(perConnection).toBeGreaterThan(500);
    await Promise.all([load.end(), server.end()]);
  });
});

it("the CPU time of a process is that of its work, and waiting costs none", async (context) => {
  if (process.platform !== "linux") context.skip("there is no /proc");
  const child = new Child([process.execPath, path("micro/idle.mjs"), "timeouts"]);
  await child.ask("50");
  const before = cpuOf(child.pid).total;
  await pause(300);
  expect(cpuOf(child.pid).total - before).toBeLessThan(100);
  await child.end();
});

describe("reports", () => {
  const sample = (cpu: number) => ({ cpu });
  const result = {
    ...{
      name: "echo",
      title: "Echo <fast>",
      asks: "How fast?",
      unfair: ["Nothing."],
      startedAt: "2026-01-02T03:04:05Z",
    },
    ...{
      size: "quick",
      others: 0,
      machine: { cpu: "one", load: "load" },
      missing: [{ title: "Netty", reason: "no Java" }],
    },
    metrics: [{ key: "cpu", title: "CPU", unit: "µs" }],
    cases: [
      {
        name: "64 B",
        contenders: [
          { name: "sluice", title: "Sluice", by: "sluice", samples: [sample(1), sample(2), sample(3)] },
          { name: "net", title: "net", by: "node", atMost: 0.4, samples: [sample(2), sample(4), null] },
        ],
      },
    ],
  };

  it("on the screen tell medians, ratios, goals and who is missing", () => {
    const text = textTable(result);
    for (const part of ["0.50 (0.50 – 0.50)", "≤ 0.4 MISSED", "without Netty: no Java"]) expect(text).toContain(part);
  });

  it("as Markdown carry the same", () => {
    expect(markdownTables([result])).toContain("| Echo <fast> | 64 B | net | ≤ 0.4 | 0.50 | **missed** |");
  });

  it("as a page need nothing from elsewhere", () => {
    const page = htmlReport([result]);
    expect(page).toContain("Echo &lt;fast&gt;");
    expect(page).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)=/);
  });
});

function generator(language: string, context: TestContext): string[] {
  if (language === "Node.js") return [process.execPath, path("load/load.mjs")];
  return [compiled("load/load.c", "load/histogram.h") ?? context.skip("there is no C compiler")];
}

function path(name: string): string {
  return fileURLToPath(new URL(`../../benchmarks/${name}`, import.meta.url));
}
