import type { SocketAddress } from "@sluice/core";
import { describe, expect, it } from "vitest";
import { describeRoute, type Endpoint, routeBetween } from "./captured-route.js";
import { parseIpAddress } from "./ip-address.js";

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");
const show = ({ address, port }: Endpoint) => `${hex(address)}:${port}`;
const route = (local?: SocketAddress, remote?: SocketAddress, isServer = false, channelId = 1) => {
  const found = routeBetween(local, remote, { channelId, isServer });
  return [show(found.local), show(found.remote)];
};

describe("an address", () => {
  it.each([
    ["127.0.0.1", "7f000001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["2001:DB8::", "20010db8000000000000000000000000"],
    ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006"],
    ["2001:db8::5:6", "20010db8000000000000000000050006"],
    ["fe80::1%eth0", "fe800000000000000000000000000001"],
    ["::ffff:10.1.2.3", "0a010203"],
    ["::ffff:0a01:0203", "0a010203"],
    ["64:ff9b::10.1.2.3", "0064ff9b00000000000000000a010203"],
  ])("%s is %s", (text, bytes) => {
    expect(hex(parseIpAddress(text))).toBe(bytes);
  });

  it.each([
    ...["localhost", "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.x", ":", ":::", "1::2::3", "1:2:3:4:5:6:7"],
    ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "1.2.3.4::", "::1.2.3"],
  ])("%j is none", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });
});

describe("a route", () => {
  const v4 = { host: "10.0.0.1", port: 80 };
  const v6 = { host: "2001:db8::1", port: 443 };

  it("is what the channel says", () => {
    expect(route(v4, { host: "10.0.0.2", port: 5000 })).toEqual(["0a000001:80", "0a000002:5000"]);
    expect(route(v6, { host: "::1", port: 1 })).toEqual([
      "20010db8000000000000000000000001:443",
      "00000000000000000000000000000001:1",
    ]);
  });

  it("has one family: mapped addresses are IPv4, any address is one of the other's, the rest is mapped", () => {
    expect(route({ host: "::ffff:10.0.0.1", port: 80 }, { host: "::ffff:10.0.0.2", port: 5 })).toEqual([
      "0a000001:80",
      "0a000002:5",
    ]);
    expect(route({ host: "::", port: 80 }, v4)).toEqual(["00000000:80", "0a000001:80"]);
    expect(route(v6, { host: "0.0.0.0", port: 5 })[1]).toBe("00000000000000000000000000000000:5");
    expect(route(v4, v6)[0]).toBe("00000000000000000000ffff0a000001:80");
  });

  it("is made up where there is none, the same way round for both ends", () => {
    expect(route(undefined, { local: "chat" })).toEqual(["c0000202:49154", "c0000201:49152"]);
    expect(route({ path: "/run/app.sock" }, undefined, true)).toEqual(["c0000201:49152", "c0000202:49154"]);
    expect(route({ host: "db.example", port: 7 }, v4)).toEqual(["c0000202:7", "0a000001:80"]);
  });

  it("is another one for each of four million channels", () => {
    const seen = new Set<string>();
    for (let id = 1; id < 252 * 16_383; id += 97) {
      seen.add(JSON.stringify(route(undefined, undefined, false, id)));
    }
    expect(seen.size).toBe(Math.ceil((252 * 16_383 - 1) / 97));
  });

  it("is described by its true addresses, briefly", () => {
    const owner = { channelId: 7, isServer: true };
    expect(describeRoute({ path: "/run/app.sock" }, undefined, owner)).toBe(
      "channel 7, accepted: /run/app.sock → unknown",
    );
    expect(describeRoute({ local: "x".repeat(70_000) }, v4, owner)).toHaveLength(1000);
  });
});
