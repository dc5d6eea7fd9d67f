import { describe, expect, it } from "vitest";
import { lookupFor } from "./udp-lookup.js";

/** What is told before the call returns. */
function atOnce(family: "IPv4" | "IPv6", mapsIPv4: boolean, host: string): unknown {
  let told: unknown = "nothing";
  lookupFor(family, mapsIPv4)(host, { family: family === "IPv4" ? 4 : 6 }, (error, address) => {
    told = error === null ? address : error.code;
  });
  return told;
}

describe("lookupFor", () => {
  it.each([
    ["IPv4", false, "127.0.0.1", "127.0.0.1"],
    ["IPv6", false, "::1", "::1"],
    ["IPv6", true, "10.0.0.1", "::ffff:10.0.0.1"],
    ["IPv6", false, "10.0.0.1", "EAFNOSUPPORT"],
    ["IPv4", false, "::1", "EAFNOSUPPORT"],
    ["IPv4", false, "localhost", "nothing"],
  ] as const)("%s, mapping %s: %s is %s", (family, maps, host, told) => {
    expect(atOnce(family, maps, host)).toBe(told);
  });

  it("looks names up", async () => {
    const address = await new Promise((resolve) =>
      lookupFor("IPv4", false)("localhost", { family: 4 }, (_error, found) => resolve(found)),
    );
    expect(address).toBe("127.0.0.1");
  });
});
