import { expect, it } from "vitest";
import { reusePort } from "./reuse-port.js";

const host = (node: string, platform = "linux") => ({ platform, versions: { node } });

it.each(["22.12.0", "22.21.1", "23.1.0", "24.0.0", "26.4.1"])("Node %s can share a port on Linux", (node) => {
  expect(reusePort(true, { host: host(node) })).toEqual({ reusePort: true });
});

it.each([
  ["20.19.0", "linux"],
  ["22.11.0", "linux"],
  ["23.0.0", "linux"],
  ["24.0.0", "win32"],
  ["24.0.0", "darwin"],
])("Node %s on %s cannot", (node, platform) => {
  const make = (ifUnsupported?: "ignore") => reusePort(true, { ifUnsupported, host: host(node, platform) });
  expect(make).toThrow(expect.objectContaining({ code: "OPTION_UNSUPPORTED" }));
  expect(make("ignore")).toEqual({});
});

it("not sharing is possible everywhere", () => {
  expect(reusePort(false, { host: host("20.19.0") })).toEqual({});
  expect(reusePort(false, { host: host("24.0.0") })).toEqual({});
});
