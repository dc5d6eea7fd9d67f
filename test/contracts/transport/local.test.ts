import { local } from "@sluice/core/local";
import { transportContract } from "@sluice/testing";
import { describe, it } from "vitest";

describe("local", () => {
  let servers = 0;
  const contract = transportContract({
    transport: local(),
    bindOptions: () => ({ local: `server-${++servers}` }),
    differences: { keepsMessages: true, carriesObjects: true },
    // A burst is what its sender has queued, and nothing lies between the two.
    maxBurstBytes: 20 * 1024 * 1024,
    maxBytesUnderWay: 256 * 1024,
  });
  for (const { name, run, limitMs } of contract) it(name, run, limitMs);
});
