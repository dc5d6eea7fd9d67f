import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transportContract } from "@sluice/testing";
import { unix } from "@sluice/transport-node";
import { afterAll, describe, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "sluice-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("unix", () => {
  let servers = 0;
  const contract = transportContract({
    transport: unix(),
    bindOptions: () => ({ path: join(folder, `server-${++servers}`) }),
    // The system has no reset for these sockets.
    differences: { noReset: true },
  });
  for (const { name, run, limitMs } of contract) it(name, run, limitMs);
});
