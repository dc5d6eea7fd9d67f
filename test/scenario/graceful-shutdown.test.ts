/** docs/examples/graceful-shutdown as it runs in production: a process of its own, stopped by a signal. */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

class Client {
  readonly #socket: Socket;
  readonly ended: Promise<void>;
  received = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", () => {});
    this.ended = new Promise((resolve) => this.#socket.once("close", () => resolve()));
    onTestFinished(() => void this.#socket.destroy());
  }

  listen(onText: (text: string) => void = () => {}): this {
    this.#socket.setEncoding("utf8").on("data", (text: string) => {
      this.received += text;
      onText(text);
    });
    return this;
  }

  ask(request: string): this {
    this.#socket.write(`${request}\n`);
    return this;
  }

  leave(): void {
    this.#socket.end();
  }

  has(pattern: RegExp): Promise<void> {
    return expect.poll(() => this.received, { timeout: 20_000 }).toMatch(pattern);
  }
}

async function start(): Promise<{ example: ExampleProcess; port: number }> {
  const example = new ExampleProcess("graceful-shutdown/main");
  onTestFinished(() => example.signal("SIGKILL"));
  const [, port] = await example.printed(/port (\d+)/);
  return { example, port: Number(port) };
}

it("answers what is in hand, lets the quiet go, cuts the stuck, and says so", async () => {
  const { example, port } = await start();
  const idle = new Client(port).listen();
  const leaving = new Client(port).listen((text) => text.includes("goodbye") && leaving.leave());
  const working = new Client(port).listen().ask("work 0");
  const busy = new Client(port).listen((text) => {
    // One question after the other, each sooner than quietMs.
    if (/(goodbye|work 50 done)\n$/.test(text) && busy.received.split("work 50 done").length <= 20) busy.ask("work 50");
  });
  const stuck = new Client(port).ask("work 0").ask("fill 30000000");
  for (const each of [idle, leaving, busy]) each.ask("here");
  for (const each of [idle, leaving, busy]) await each.has(/here done/);
  await working.has(/work 0 done/);
  // Longer than quietMs, and under way when the signal comes.
  working.ask("work 2000").ask("here");
  await working.has(/here done/);

  example.signal("SIGTERM");
  await example.printed(/Stopping/);
  const late = new Client(port).listen();
  await late.ended;
  expect(late.received).toBe("");

  expect(await example.exit()).toBe(0);
  await Promise.all([idle, leaving, working, busy].map(({ ended }) => ended));
  expect(idle.received).toBe("here done\ngoodbye\n");
  expect(leaving.received).toBe("here done\ngoodbye\n");
  expect(working.received).toBe("work 0 done\nhere done\ngoodbye\nwork 2000 done\n");
  expect(busy.received).toBe(`here done\ngoodbye\n${"work 50 done\n".repeat(20)}`);
  expect(stuck.received).toBe("");
  expect(example.stdout).toMatch(/\nDeparted: 1, closed: 3, cut: 1\.\n$/);
  expect(example.stderr).toBe("");
});

it("waits for nobody after a second signal", async () => {
  const { example, port } = await start();
  const working = new Client(port).listen().ask("work 3600000").ask("here");
  await working.has(/here done/);
  example.signal("SIGTERM");
  await working.has(/goodbye/);
  example.signal("SIGTERM");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toMatch(/Departed: 0, closed: 0, cut: 1\.\n$/);
});

it("docs/graceful-shutdown.md shows the example as it is", () => {
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const sources = filesBelow("docs/examples/graceful-shutdown").map(text);
  const shown = [...text("docs/graceful-shutdown.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code]) => code ?? "",
  );
  expect(shown).toHaveLength(2);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});
