import { transportContract } from "@sluice/testing";
import { tls } from "@sluice/transport-node";
import { afterAll, describe, it } from "vitest";
import { TestCertificates } from "../tls/test-certificates.js";

const { missing } = TestCertificates;
const certificates = missing === undefined ? new TestCertificates() : undefined;
afterAll(() => certificates?.[Symbol.dispose]());

describe.each(["TLSv1.2", "TLSv1.3"] as const)("tls, %s", (maxVersion) => {
  if (certificates === undefined) return it("the contract", (context) => context.skip(missing));
  const contract = transportContract({
    transport: tls({ ...certificates.localhost, ca: certificates.authority.cert, maxVersion }),
    bindOptions: () => ({ host: "127.0.0.1", port: 0 }),
    differences: { handshakeEvent: "TlsHandshakeEvent" },
  });
  for (const { name, run, limitMs } of contract) it(name, run, limitMs);
});
