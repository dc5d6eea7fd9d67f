import type { Channel, ConnectionRefusedEvent } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptedFrom, Door, settled } from "../../fixtures/accepted-connection.js";
import { ConnectionLimitHandler, type ConnectionLimitHandlerOptions, UniqueIpFilter } from "../index.js";

function setup(options?: ConnectionLimitHandlerOptions) {
  const limit = new ConnectionLimitHandler(options);
  const door = new Door(limit);
  return { limit, door, refusals: () => door.events.map((event) => (event as ConnectionRefusedEvent).reason) };
}

describe("ConnectionLimitHandler", () => {
  it("bounds the total until connections close", async () => {
    const { limit, door, refusals } = setup({ maxConnections: 2 });
    const [first] = [door.arrive("10.0.0.1"), door.arrive(undefined)];
    expect(door.arrive("10.0.0.2")).toBeUndefined();
    expect(refusals()).toEqual([expect.objectContaining({ code: "TOO_MANY_CONNECTIONS", limit: 2 })]);
    first?.close();
    await settled();
    expect([limit.open, limit.addresses, limit.refused]).toEqual([1, 0, 1]);
    expect(door.arrive("10.0.0.2")).toBeDefined();
  });

  it("bounds each address by itself", async () => {
    const { limit, door, refusals } = setup({ maxPerAddress: 2 });
    const [first] = [door.arrive("10.0.0.1"), door.arrive("::ffff:10.0.0.1")];
    expect([door.arrive("10.0.0.1"), door.arrive("::ffff:10.0.0.1")]).toEqual([undefined, undefined]);
    expect(refusals()).toEqual(Array(2).fill(expect.objectContaining({ code: "TOO_MANY_CONNECTIONS", limit: 2 })));
    expect(door.arrive("10.0.0.2")).toBeDefined();
    first?.closeForcibly();
    await settled();
    expect(door.arrive("10.0.0.1")).toBeDefined();
    expect([limit.open, limit.addresses, limit.refused]).toEqual([3, 2, 2]);
  });

  it("counts IPv6 by its /64, or as it is told", () => {
    const { door } = setup({ maxPerAddress: 1 });
    const hosts = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "0.0.0.1", "::1", "::2"];
    expect(hosts.map((host) => door.arrive(host) !== undefined)).toEqual([true, false, true, true, true, false]);
    const narrow = setup({ maxPerAddress: 1, ipv6PrefixLength: 128 });
    const others = ["2001:db8::1", "2001:db8::2", "2001:db8::1"];
    expect(others.map((host) => narrow.door.arrive(host) !== undefined)).toEqual([true, true, false]);
  });

  it("bounds servers together that share it", () => {
    const limit = new ConnectionLimitHandler({ maxConnections: 1 });
    const doors = [new Door(limit), new Door(limit)];
    expect(doors.map((door) => door.arrive("10.0.0.1") !== undefined)).toEqual([true, false]);
  });

  it("does not count what has closed on its way", () => {
    const { limit, door } = setup();
    const gone = acceptedFrom("10.0.0.1");
    gone.closeForcibly();
    expect(door.pass(gone)).toBe(gone);
    expect(limit.open).toBe(0);
  });

  it("has the bound of a server by default, and refuses impossible ones", () => {
    const limit = new ConnectionLimitHandler();
    expect([limit.maxConnections, limit.maxPerAddress]).toEqual([65_536, 65_536]);
    const wrong = [
      { maxConnections: 0 },
      { maxPerAddress: Number.NaN },
      { ipv6PrefixLength: 0 },
      { ipv6PrefixLength: 129 },
    ];
    for (const options of wrong) {
      expect(() => new ConnectionLimitHandler(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });

  it("counts exactly what is open, through any sequence", async () => {
    const hosts = ["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1", "2001:db8::1", "2001:db8::2", undefined];
    const step = fc.oneof(
      fc.record({ arrive: fc.constantFrom(...hosts.keys()) }),
      fc.record({ close: fc.nat(20), forcibly: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { limit, door } = setup({ maxConnections: 6, maxPerAddress: 2 });
        const peers = ["a", "b", "a", "c", "c", undefined];
        let open: { channel: Channel; peer: string | undefined }[] = [];
        for (const step of steps) {
          if ("arrive" in step) {
            const peer = peers[step.arrive];
            const same = open.filter((other) => other.peer === peer).length;
            const mayCome = open.length < 6 && (peer === undefined || same < 2);
            const channel = door.arrive(hosts[step.arrive]);
            expect(channel !== undefined).toBe(mayCome);
            if (channel !== undefined) open.push({ channel, peer });
          } else {
            const leaving = open[step.close % Math.max(1, open.length)];
            if (step.forcibly) leaving?.channel.closeForcibly();
            else leaving?.channel.close();
            open = open.filter((other) => other !== leaving);
            await settled();
          }
          const addresses = new Set(open.map(({ peer }) => peer).filter((peer) => peer !== undefined));
          expect([limit.open, limit.addresses]).toEqual([open.length, addresses.size]);
        }
      }),
    );
  });
});

describe("UniqueIpFilter", () => {
  it("lets in one connection from each address at a time", async () => {
    const door = new Door(new UniqueIpFilter());
    const first = door.arrive("10.0.0.1");
    expect(
      ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"].map((host) => door.arrive(host) !== undefined),
    ).toEqual([false, true, true, true]);
    first?.close();
    await settled();
    expect(door.arrive("10.0.0.1")).toBeDefined();
  });
});
