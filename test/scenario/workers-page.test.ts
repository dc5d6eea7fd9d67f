/** docs/examples/workers as it runs in production: reloaded, bereaved of a worker and stopped by signals. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

/** Asks once on a connection of its own; who answered, and what, and everything that came until its end. */
async function ask(port: number, question: string, stays = false) {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("data", (more) => {
    text += more;
    if (!stays) socket.end();
  });
  const ended = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  socket.write(`${question}\n`);
  await expect.poll(() => text, { timeout: 10_000 }).toContain("\n");
  const [, pid, answer] = text.match(/^(\d+): (.*)\n/) ?? [];
  return { pid: Number(pid), answer, ended };
}

it("the example is reloaded, loses a worker and stops", async () => {
  const example = new ExampleProcess("workers/main");
  onTestFinished(() => example.signal("SIGKILL"));
  const [, port] = await example.printed(/Listening on 127\.0\.0\.1:(\d+)\./);
  const staying = await ask(Number(port), "to stay", true);
  expect(staying.answer).toBe("TO STAY");

  example.signal("SIGHUP");
  await example.printed(/Reloaded\. Departed: 0, closed: 1, cut: 0\./);
  expect(await staying.ended).toBe(`${staying.pid}: TO STAY\ngoodbye\n`);

  const { pid } = await ask(Number(port), "who");
  expect(pid).not.toBe(staying.pid);
  process.kill(pid, "SIGKILL");
  await example.printed(new RegExp(`worker (\\d) \\(process ${pid}\\) was ended by SIGKILL\\.`));
  await example.printed(/SIGKILL\.\nWorker (\d) starts\.\nWorker \1 serves\./);

  example.signal("SIGTERM");
  expect(await example.exit()).toBe(0);
  // What the killed one had done since it was counted last is missing.
  expect(example.stdout).toMatch(/\nServed [12] connections and \d+ bytes\.\n$/);
  expect(example.stderr).toBe("");
});

it("workers leave a signal that everybody gets to their primary", async () => {
  const example = new ExampleProcess("workers/main");
  onTestFinished(() => example.signal("SIGKILL"));
  const [, port] = await example.printed(/Listening on 127\.0\.0\.1:(\d+)\./);
  const { pid, ended } = await ask(Number(port), "hello", true);
  // As a terminal would: the worker before the primary.
  process.kill(pid, "SIGINT");
  example.signal("SIGINT");
  expect(await ended).toBe(`${pid}: HELLO\ngoodbye\n`);
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toMatch(/\nServed 1 connections and 6 bytes\.\n$/);
});

it("docs/multi-core.md shows the example as it is", () => {
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const sources = filesBelow("docs/examples/workers").map(text);
  const shown = [...text("docs/multi-core.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown).toHaveLength(1);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});
