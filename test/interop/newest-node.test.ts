/**
 * The transports lean on parts of Node that it does not document. So the contract, which is tested on the Node that runs
 * everything else, is tested on the newest long-term release as well; npm brings it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/workspace.mjs";

/** Even numbers become long-term releases in the October of their year. */
const NEWEST = 26;
const CONTRACTS = ["tcp", "unix", "tls", "local", "own-transport"];
/** Takes as long as all others together, and tells nothing of Node. */
const LEFT_OUT = "a large transfer";
const REPORT = join(root, "test", ".cache", "newest-node.json");
const FETCH_MS = 60_000;
const RUN_MS = 120_000;

it(`TCP, Unix, TLS and in-process channels keep the contract on Node ${NEWEST}`, {
  timeout: FETCH_MS + RUN_MS,
}, async (context) => {
  if (Number(process.versions.node.split(".")[0]) >= NEWEST) context.skip(`this is Node ${process.versions.node}`);
  const node = await newestNode();
  if (node === undefined) return context.skip(`npm could not bring Node ${NEWEST}`);
  rmSync(REPORT, { force: true });
  mkdirSync(join(root, "test", ".cache"), { recursive: true });
  const { status, output } = await run(
    node,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--project=system",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${REPORT}`,
      `--testNamePattern=^(?!.*${LEFT_OUT})`,
      ...CONTRACTS.map((name) => `test/contracts/transport/${name}.test.ts`),
    ],
    RUN_MS,
  );
  if (status !== 0) expect.fail(output);
  const report = JSON.parse(readFileSync(REPORT, "utf8"));
  expect(report.testResults).toHaveLength(CONTRACTS.length);
  expect(report.numFailedTests).toBe(0);
  expect(report.numPassedTests).toBeGreaterThan(500);
});

/** The path of its binary, once npm has it. */
async function newestNode(): Promise<string | undefined> {
  const args = ["--yes", "--prefer-offline", `node@${NEWEST}`, "-p", "process.versions.node + ' ' + process.execPath"];
  const { status, output } = await run("npx", args, FETCH_MS).catch(() => ({ status: -1, output: "" }));
  const [, major, path] = output.match(/^(\d+)\S* (.*)$/m) ?? [];
  return status === 0 && major === String(NEWEST) ? path : undefined;
}

async function run(command: string, args: readonly string[], timeout: number) {
  // The runner that runs this test has left its marks in the environment.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_OPTIONS$)/.test(name)),
  );
  const child = spawn(command, args, { cwd: root, env, timeout, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const [status] = await once(child, "close");
  return { status, output };
}
