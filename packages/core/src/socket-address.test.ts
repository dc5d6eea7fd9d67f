import { expect, it } from "vitest";
import { formatAddress } from "./socket-address.js";

it.each([
  [{ host: "127.0.0.1", port: 80 }, "127.0.0.1:80"],
  [{ host: "::1", port: 80, family: "IPv6" as const }, "[::1]:80"],
  [{ host: "example.org", port: 443 }, "example.org:443"],
  [{ path: "/run/x.sock" }, "/run/x.sock"],
  [{ local: "name" }, "local:name"],
  [undefined, "unknown"],
])("formats %o as people do", (address, text) => {
  expect(formatAddress(address)).toBe(text);
});
