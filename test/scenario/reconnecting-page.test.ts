/** What docs/reconnecting.md says is what happens. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ManualClock } from "@sluice/core/embedded";
import { local } from "@sluice/core/local";
import { Bootstrap } from "sluice";
import { expect, it } from "vitest";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const page = text("docs/reconnecting.md");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

it("shows its files as they are", () => {
  const examples = ["docs/examples/reconnect", "docs/examples/reconnect-answers", "test/scenario"].flatMap(filesBelow);
  const sources = examples.filter((path) => path.endsWith(".ts")).map(text);
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown).toHaveLength(3);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});

it("its example runs", async () => {
  const example = new ExampleProcess("reconnect/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toBe("ready\ngot 21.5 °C\ndisconnected\nready\ngot 21.7 °C\ndisconnected\n");
  expect(example.stderr).toBe("");
});

it("its example with answers runs", async () => {
  const example = new ExampleProcess("reconnect-answers/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout.split("\n")).toEqual([
    "sold tea",
    "tea: sold",
    "sold rice",
    "no receipt for rice, once more",
    "rice: sold before",
    "sold soap",
    "soap: sold",
    "",
  ]);
  expect(example.stderr).toBe("");
});

it("draws its delays from the windows of the page", async () => {
  const windows = cells(page.match(/^\| window, by default .*$/m)?.[0] ?? "").slice(1);
  const delays: string[] = [];
  const clock = new ManualClock();
  const client = new Bootstrap()
    .transport(local())
    .clock(clock)
    .reconnect({ servers: [{ local: "nowhere" }], random: () => 1 });
  client.on("waiting", (delayMs) => delays.push(`${delayMs / 1000} s`));
  while (delays.length < 8) {
    await nextTurn();
    clock.advance(30_000);
  }
  await client.close();
  expect(delays).toEqual([...windows, ...windows.slice(-1), ...windows.slice(-1)]);
});

it("counts the attempts of its table", () => {
  // Of first, second, third … attempts at the end of the first window, where each is twice as long as the one before.
  const atWorst = 1 + 1 / 2 + 1 / (2 * 2 * 4) + 1 / (6 * 2 * 4 * 8);
  const rows = [...page.matchAll(/^\|( [\d ]+ \|){4}$/gm)].map(([row]) =>
    cells(row).map((cell) => Number(cell.replace(" ", ""))),
  );
  expect(rows).toHaveLength(4);
  for (const [clients, initialDelayMs, usual, worst] of rows as [number, number, number, number][]) {
    const first = (clients * 100) / initialDelayMs;
    expect(usual).toBe(Math.round(first));
    expect(Math.abs(worst / (first * atWorst) - 1)).toBeLessThan(0.01);
  }
});

const northern = (clock: ManualClock) =>
  new Bootstrap()
    .transport(local())
    .clock(clock)
    .reconnect({ servers: [{ local: "north" }], random: () => 0.5 });

it("can be tested as the page shows", async () => {
  const clock = new ManualClock();
  const client = northern(clock);
  expect(await new Promise((resolve) => client.once("waiting", resolve))).toBe(500);
  clock.advance(500);
  expect(client.state).toBe("connecting");
  await client.close();
});
