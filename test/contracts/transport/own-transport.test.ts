import { transportContract } from "@sluice/testing";
import { describe, it } from "vitest";
import { ports } from "../../../docs/examples/own-transport/port-transport.js";

/** The transport of docs/writing-a-transport.md. */
describe("ports", () => {
  let servers = 0;
  const contract = transportContract({
    transport: ports(),
    bindOptions: () => ({ local: `server-${++servers}` }),
    differences: { keepsMessages: true },
    // A burst is what its sender has queued; one is under way at a time.
    maxBurstBytes: 20 * 1024 * 1024,
    maxBytesUnderWay: 1024 * 1024,
  });
  for (const { name, run, limitMs } of contract) it(name, run, limitMs);
});
