import { transportContract } from "@sluice/testing";
import { tcp } from "@sluice/transport-node";
import { describe, it } from "vitest";

/** The same behaviour is promised whichever way Node hands us the bytes. */
describe.each([true, false])("tcp, shared read buffer %s", (sharedReadBuffer) => {
  const contract = transportContract({
    transport: tcp({ sharedReadBuffer }),
    bindOptions: () => ({ host: "127.0.0.1", port: 0 }),
  });
  for (const { name, run, limitMs } of contract) it(name, run, limitMs);
});
