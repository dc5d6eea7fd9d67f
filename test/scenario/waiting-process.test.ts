import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("a process that only waits for its server lives until the client stops, and no longer", async () => {
  const script = fileURLToPath(new URL("waiting-process/client.mjs", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, String(await unusedPort())]);
  expect([stdout, stderr]).toEqual(["attempt 2 in 90 ms\nattempt 3 in 180 ms\nATTEMPTS_EXHAUSTED\n", ""]);
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
