import { ConnectionRefusedEvent } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Door } from "../../fixtures/accepted-connection.js";
import { IpFilterHandler, type IpFilterRule } from "../index.js";
import { IpAddress } from "./ip-address.js";
import { IpRules } from "./ip-rules.js";

const accept = (cidr: string): IpFilterRule => ({ action: "accept", cidr });
const reject = (cidr: string): IpFilterRule => ({ action: "reject", cidr });

describe("IpRules", () => {
  const rules = new IpRules([
    accept("10.1.2.3"),
    reject("10.1.0.0/16"),
    accept("10.0.0.0/8"),
    reject("192.0.2.77/25"),
    reject("2001:db8:bad::/48"),
    accept("2001:db8::/32"),
    reject("::ffff:172.16.0.0/108"),
    reject("::ffff:0:0/95"),
  ]);

  it.each([
    ["10.1.2.3", "accept"],
    ["10.1.2.4", "reject"],
    ["10.2.0.0", "accept"],
    ["::ffff:10.1.2.4", "reject"],
    ["11.0.0.0", undefined],
    ["192.0.2.0", "reject"],
    ["192.0.2.127", "reject"],
    ["192.0.2.128", undefined],
    ["2001:db8:bad::1", "reject"],
    ["2001:db8:bae::1", "accept"],
    ["2001:db9::", undefined],
    ["172.31.255.255", "reject"],
    ["172.32.0.0", undefined],
    // Of the prefix that has the mapped addresses in it: its other half is IPv6.
    ["::fffe:0:1", "reject"],
    ["::1", undefined],
  ])("%s: %s", (text, action) => {
    expect(rules.match(IpAddress.parse(text) as IpAddress)).toBe(action);
  });

  it("keeps the families apart", () => {
    const all = new IpRules([reject("::/0"), accept("0.0.0.0/0")]);
    expect(all.match(IpAddress.parse("1.2.3.4") as IpAddress)).toBe("accept");
    expect(all.match(IpAddress.parse("::ffff:1.2.3.4") as IpAddress)).toBe("accept");
    expect(all.match(IpAddress.parse("::2") as IpAddress)).toBe("reject");
  });

  it.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "::/129",
    "fe80::1%eth0",
    "host",
  ])("cannot read %j", (cidr) => {
    expect(() => new IpRules([accept("::1"), accept(cidr)])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(`"${cidr}"`) }),
    );
  });

  it("knows two actions", () => {
    const rule = { action: "drop", cidr: "::1" } as unknown as IpFilterRule;
    expect(() => new IpRules([rule])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("finds what looking at one rule after the other finds", () => {
    const family = fc.constantFrom(32 as const, 128 as const);
    // Few values, so that prefixes meet.
    const address = fc.tuple(family, fc.bigInt({ min: 0n, max: 63n })).map(([bits, low]) => ({
      bits,
      value: ((low >> 3n) << BigInt(bits - 3)) | (low & 7n),
    }));
    const written = ({ bits, value }: { bits: 32 | 128; value: bigint }) =>
      bits === 32
        ? [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".")
        : Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");
    const rule = fc.tuple(address, fc.nat(128), fc.constantFrom("accept" as const, "reject" as const));
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.array(address, { minLength: 1, maxLength: 12 }),
        (rules, peers) => {
          const list = rules.map(([base, length, action]) => ({ base, length: Math.min(length, base.bits), action }));
          const compiled = new IpRules(
            list.map(({ base, length, action }) => ({ action, cidr: `${written(base)}/${length}` })),
          );
          for (const { bits, value } of peers) {
            const first = list.find(
              ({ base, length }) =>
                base.bits === bits && base.value >> BigInt(bits - length) === value >> BigInt(bits - length),
            );
            expect(compiled.match(new IpAddress(bits, value))).toBe(first?.action);
          }
        },
      ),
    );
  });
});

describe("IpFilterHandler", () => {
  it("refuses before the connection has a pipeline, with a code, an event and a count", () => {
    const filter = new IpFilterHandler({ rules: [reject("10.0.0.0/8")] });
    const door = new Door(filter);
    expect(door.arrive("192.0.2.1")?.isOpen).toBe(true);
    expect(door.arrive("::ffff:10.0.0.1")).toBeUndefined();
    const [event] = door.events as [ConnectionRefusedEvent];
    expect(event).toBeInstanceOf(ConnectionRefusedEvent);
    expect(event.reason).toMatchObject({ code: "ADDRESS_REJECTED" });
    expect([event.channel.isOpen, event.channel.remoteAddress]).toEqual([
      false,
      { host: "::ffff:10.0.0.1", port: 40_000 },
    ]);
    expect([filter.accepted, filter.rejected, door.events.length]).toEqual([1, 1, 1]);
  });

  it("lets only known peers in when it says so, and those without an address are not known", () => {
    const door = new Door(new IpFilterHandler({ rules: [accept("10.0.0.0/8")], otherwise: "reject" }));
    const results = ["10.9.9.9", "11.0.0.1", "::1", "not an address", undefined].map((host) => door.arrive(host));
    expect(results.map((connection) => connection !== undefined)).toEqual([true, false, false, false, false]);
  });

  it("lets everybody in without rules", () => {
    const door = new Door(new IpFilterHandler());
    expect([door.arrive("10.0.0.1"), door.arrive(undefined)]).not.toContain(undefined);
  });

  it("cannot do anything but accept and reject", () => {
    const otherwise = "deny" as "reject";
    expect(() => new IpFilterHandler({ otherwise })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("takes new rules while it runs, all or none", () => {
    const filter = new IpFilterHandler();
    const door = new Door(filter);
    const before = door.arrive("10.0.0.1");
    filter.rules = [reject("10.0.0.0/8")];
    expect([before?.isOpen, door.arrive("10.0.0.1")]).toEqual([true, undefined]);
    expect(() => {
      filter.rules = [accept("10.0.0.1"), accept("nonsense")];
    }).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(filter.rules).toEqual([reject("10.0.0.0/8")]);
    expect(door.arrive("10.0.0.1")).toBeUndefined();
  });
});
