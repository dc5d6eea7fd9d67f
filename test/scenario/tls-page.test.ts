/** What docs/tls.md says is what happens. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "sluice";
import { expect, it, type TestContext } from "vitest";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const page = text("docs/tls.md");

it("shows its files as they are", () => {
  const sources = ["docs/examples/tls", "docs/examples/start-tls"].flatMap(filesBelow).map(text);
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown).toHaveLength(4);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});

it("names every code of TLS", () => {
  const codes = Object.keys(ERRORS).filter((code) => code.startsWith("TLS_"));
  expect(codes.filter((code) => !page.includes(`| ${code} |`))).toEqual([]);
});

it("the example prints what the page says", async (context) => {
  requireOpenssl(context);
  const example = new ExampleProcess("tls/main");
  expect(await example.exit()).toBe(0);
  expect(example.stderr).toBe("");
  expect(page).toContain(`\`\`\`\n${example.stdout}\`\`\``);
});

it("the example of StartTLS speaks plain text, then TLS", async (context) => {
  requireOpenssl(context);
  const example = new ExampleProcess("start-tls/main");
  expect(await example.exit()).toBe(0);
  expect(example.stderr).toBe("");
  expect(example.stdout.split("\n")).toEqual([
    "220 example ready",
    "530 say STARTTLS first",
    "220 go ahead",
    "250 NOOP under TLSv1.3",
    "",
  ]);
});

function requireOpenssl(context: TestContext): void {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
  } catch {
    context.skip("openssl is not installed");
  }
}
