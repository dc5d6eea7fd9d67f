/** The code people read in the documentation is code that runs. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SensorMessage } from "../../docs/examples/first-protocol/sensor-codec.js";
import { filesBelow, packageFolders, root } from "../../scripts/workspace.mjs";
import { decodedAtEveryCut, encoded } from "./every-cut.js";
import { ExampleProcess } from "./example-process.js";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const codeIn = (markdown: string) => [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");

describe.each(["README.md", "README.zh-CN.md"])("%s", (readme) => {
  it("shows the quick start as it is", () => {
    expect(codeIn(text(readme))).toEqual([text("docs/examples/quick-start/main.ts")]);
  });
});

it("both READMEs have the same sections", () => {
  const shape = (readme: string) => text(readme).match(/^(?:#+|```\w*)(?= |$)/gm);
  expect(shape("README.zh-CN.md")).toEqual(shape("README.md"));
});

it("the quick start runs", async () => {
  const example = new ExampleProcess("quick-start/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toBe("0 GLUED\n1 TOGETHER\n2 粘包\n");
  expect(example.stderr).toBe("");
});

describe("docs/first-protocol.md", () => {
  it("shows its files as they are", () => {
    const sources = [...filesBelow("docs/examples/first-protocol"), "test/scenario/every-cut.ts"].map(text);
    const shown = codeIn(text("docs/first-protocol.md"));
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
  });

  it("runs", async () => {
    const example = new ExampleProcess("first-protocol/main");
    expect(await example.exit()).toBe(0);
    expect(example.stdout).toBe("厨房 🌡: 21.5\nunknown: -4\n");
    expect(example.stderr).toBe("");
  });

  it("gives the same messages at every cut", () => {
    const messages: SensorMessage[] = [
      { kind: "name", sensor: 7, name: "厨房 🌡" },
      { kind: "reading", sensor: 7, milli: 21_500 },
      { kind: "reading", sensor: 65_535, milli: -2_147_483_648 },
      { kind: "name", sensor: 0, name: "" },
    ];
    const bytes = encoded(messages);
    const outcomes = decodedAtEveryCut(bytes);
    expect(outcomes).toHaveLength(bytes.readableBytes + 1);
    for (const outcome of outcomes) expect(outcome).toEqual(messages);
  });
});

describe.each([
  ["docs/hardening.md", "docs/examples/hardened-server/hardened-server.ts"],
  ["docs/slow-readers.md", "docs/examples/slow-readers/ticker.ts"],
])("%s", (page, source) => {
  it("shows its example as it is", () => {
    expect(codeIn(text(page))).toEqual([text(source)]);
  });
});

it("the hardened server ends bad clients and serves good ones", async () => {
  const example = new ExampleProcess("hardened-server/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout.split("\n")).toEqual([
    "a client that keeps to the rules",
    "  answered: HELLO",
    "one that says nothing",
    "  ended: FRAME_TIMEOUT",
    "one that sends a byte now and then",
    "  ended: FRAME_TIMEOUT",
    "  ended: FRAME_TRUNCATED",
    "one that announces a frame of 2 GiB",
    "  ended: FRAME_TOO_LONG",
    "the 101st from one address",
    "  refused: TOO_MANY_CONNECTIONS",
    "one from an address that is not let in any more",
    "  refused: ADDRESS_REJECTED",
    "",
  ]);
  expect(example.stderr).toBe("");
});

it("the ticker spares a slow reader all but the latest prices", async () => {
  const example = new ExampleProcess("slow-readers/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout.split("\n")).toEqual([
    "the fast reader got all 90000 ticks",
    "the slow reader missed some, and all of them were coalesced: true",
    "it has the latest prices: TIN 89997, ORE 89998, OIL 89999",
    "",
  ]);
  expect(example.stderr).toBe("");
});

describe.each([
  {
    page: "docs/udp.md",
    example: "udp",
    prints: "ignored: not JSON: Unexpected token 'h', \"hello?\" is not valid JSON\n1 21.5\na service has started\n",
  },
  {
    page: "docs/files-and-streams.md",
    example: "file-server",
    prints: [
      ...["3000000", "0123456789", "-1", "12", "a few bytes", ""],
      ...["one 1", "two 1", "three 1", "25 %", "50 %", "75 %", "100 %", "ABORTED true", ""],
    ].join("\n"),
  },
])("$page", ({ page, example, prints }) => {
  it("shows its files as they are", () => {
    const sources = filesBelow(`docs/examples/${example}`).map(text);
    const shown = codeIn(text(page));
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
  });

  it("runs", async (context) => {
    const process = new ExampleProcess(`${example}/main`);
    const code = await process.exit();
    if (/cannot join|ENETUNREACH/.test(process.stderr)) context.skip("there is no multicast here");
    expect(code).toBe(0);
    expect(process.stdout).toBe(prints);
    expect(process.stderr).toBe("");
  });
});

describe("docs/writing-a-transport.md", () => {
  it("shows its files as they are", () => {
    const sources = [
      ...filesBelow("docs/examples/own-transport"),
      "test/contracts/transport/own-transport.test.ts",
    ].map(text);
    const shown = codeIn(text("docs/writing-a-transport.md"));
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
  });

  it("runs, between two threads", async () => {
    const example = new ExampleProcess("own-transport/main");
    expect(await example.exit()).toBe(0);
    expect(example.stdout).toBe("FROM ONE THREAD\nTO ANOTHER\n");
    expect(example.stderr).toBe("");
  });
});

describe("links between pages", () => {
  const pages = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", ...filesBelow("docs")].filter((path) =>
    path.endsWith(".md"),
  );
  pages.push(...packageFolders().map((folder) => `packages/${folder}/README.md`));

  it.each(pages)("of %s lead somewhere", (page) => {
    const targets = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
    const broken = targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target));
    expect(broken).toEqual([]);
  });
});

/** Whether the file is there, and in it the heading if one is named. */
function leadsSomewhere(page: string, target: string): boolean {
  const [path, heading] = target.split("#");
  const file = path === "" || path === undefined ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  if (heading === undefined) return true;
  const headings = [...text(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title ?? "");
  return headings.some((title) => anchor(title) === heading);
}

/** What GitHub calls a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
