/** What docs/observability.md says is what happens. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as transport from "@sluice/transport-node";
import { Bootstrap, ByteBuf, fileSink, PcapCapture, ServerBootstrap, tcp } from "sluice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureNow, flightRecorder } from "../../docs/examples/pcap/recipes.js";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

const page = readFileSync(join(root, "docs/observability.md"), "utf8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-observability-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("shows its files as they are", () => {
  const examples = [...filesBelow("docs/examples/pcap"), ...filesBelow("docs/examples/metrics")];
  const sources = examples.map((path) => readFileSync(join(root, path), "utf8"));
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown.length).toBeGreaterThan(6);
  const foreign = shown.filter((code) => !sources.some((source) => source.includes(code.trimEnd())));
  // The one with prom-client, which the documentation does not depend on; test/interop/prom-client.test.ts runs it.
  expect(foreign).toHaveLength(1);
  expect(foreign[0]).toContain("registerPrometheusMetrics({ client, registry: client.register");
});

it("names the channels there are", () => {
  expect(Object.keys(transport)).toContain("fileSink");
  const source = readFileSync(join(root, "packages/transport-node/src/channel-diagnostics.ts"), "utf8");
  const rows = (text: string) => text.match(/`sluice\.channel\.\w+` \| `\{[^}]*\}`/g);
  expect(rows(page)).toEqual(rows(source));
});

it("the capture of the example is a file with what was said", async () => {
  const file = join(folder, "capture.pcapng");
  const example = new ExampleProcess("pcap/main", file);
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toMatch(/^you said hello\n\d+ packets in .*capture\.pcapng\n$/);
  expect(example.stderr).toBe("");
  const bytes = readFileSync(file);
  expect(bytes.readUInt32BE(0)).toBe(0x0a0d0d0a);
  expect(bytes.includes("hello\n") && bytes.includes("you said hello\n")).toBe(true);
});

it("the example of metrics counts both servers and the process", async () => {
  const example = new ExampleProcess("metrics/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toBe(
    [
      "api messages: 1 channels, 2 in, 2 out, 0 bytes",
      "feed messages: 1 channels, 1 in, 1 out, 0 bytes",
      "messages: 2 channels, 3 in, 3 out, 0 bytes",
      "wire: 2 channels, 3 in, 3 out, 14 bytes",
      "0 failures\n",
    ].join("\n"),
  );
  expect(example.stderr).toBe("");
});

describe("recipes", () => {
  it("the recorder keeps four files of 16 MiB", async () => {
    const capture = flightRecorder(folder);
    const { server, client } = await connected();
    const stop = captureNow(server, capture);
    const chunk = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 90; i++) await client.send(ByteBuf.from(chunk));
    await expect.poll(() => capture.bytes, { timeout: 20_000 }).toBeGreaterThan(90 * chunk.length);
    stop();
    expect([capture.failure, capture.isOpen]).toEqual([undefined, false]);
    const files = readdirSync(folder).filter((name) => /^wire-\d\.pcapng$/.test(name));
    expect(files.sort()).toEqual(["wire-0.pcapng", "wire-1.pcapng", "wire-2.pcapng", "wire-3.pcapng"]);
    for (const name of files) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(16 * 1024 * 1024);
    await client.close();
    await server.shutdown();
  });

  it("a look at what is running begins and ends while it runs", async () => {
    const { server, client } = await connected();
    const capture = new PcapCapture({ sink: fileSink(join(folder, "now.pcapng")), onError: () => {} });
    const stop = captureNow(server, capture);
    await client.send(ByteBuf.from("seen"));
    await expect.poll(() => capture.packets).toBe(4);
    stop();
    await client.send(ByteBuf.from("unseen"));
    await client.close();
    await server.shutdown();
    const bytes = readFileSync(join(folder, "now.pcapng"));
    expect([bytes.includes("seen"), bytes.includes("unseen"), capture.packets]).toEqual([true, false, 4]);
  });
});

async function connected() {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) => p.addLast({ channelRead: () => {} }))
    .bind({ host: "127.0.0.1", port: 0 });
  const client = await new Bootstrap()
    .transport(tcp())
    .handler((p) => p)
    .connect(server.localAddress);
  await expect.poll(() => server.children.size).toBe(1);
  return { server, client };
}
