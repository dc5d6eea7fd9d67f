import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ITEM_OVERHEAD, UdpInbox } from "./udp-inbox.js";

const roomFor = (count: number) => new UdpInbox(count * (ITEM_OVERHEAD + 10));
const dropped = (count: number) => expect.objectContaining({ code: "DATAGRAMS_DROPPED", length: count });

function takeAll(inbox: UdpInbox): unknown[] {
  const items: unknown[] = [];
  while (!inbox.isEmpty) items.push(inbox.take());
  return items;
}

describe("UdpInbox", () => {
  it("gives back what was put in, oldest first", () => {
    const inbox = roomFor(3);
    for (const item of ["a", "b", "c"]) inbox.add(item, 10);
    expect([inbox.bytes, takeAll(inbox), inbox.bytes, inbox.dropped]).toEqual([
      3 * (ITEM_OVERHEAD + 10),
      ["a", "b", "c"],
      0,
      0,
    ]);
  });

  it("drops what has no room, and says so between what came before and what comes behind", () => {
    const inbox = roomFor(2);
    for (const item of ["a", "b", "lost", "lost"]) inbox.add(item, 10);
    expect(inbox.take()).toBe("a");
    inbox.add("c", 10);
    inbox.add("lost", 10);
    expect(takeAll(inbox)).toEqual(["b", dropped(2), "c", dropped(1)]);
    expect(inbox.dropped).toBe(3);
  });

  it("takes anything when it is empty", () => {
    const inbox = new UdpInbox(1);
    inbox.add("large", 65_000);
    inbox.add("lost", 0);
    expect(takeAll(inbox)).toEqual(["large", dropped(1)]);
  });

  it("keeps the order, the bound and the count, whatever comes when", () => {
    const step = fc.oneof(
      fc.nat(40).map((length) => ({ length })),
      fc.constant("take" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 3000 }), (steps, limit) => {
        const inbox = new UdpInbox(limit);
        const kept: unknown[] = [];
        let next = 0;
        let lost = 0;
        const take = () => {
          const item = inbox.take();
          if (typeof item === "number") kept.push(item);
          else lost += (item as { length: number }).length;
        };
        for (const action of steps) {
          if (action !== "take") inbox.add(next++, action.length);
          else if (!inbox.isEmpty) take();
          expect(inbox.bytes).toBeLessThanOrEqual(Math.max(limit, ITEM_OVERHEAD + 40));
        }
        while (!inbox.isEmpty) take();
        expect(kept).toEqual([...kept].sort((a, b) => (a as number) - (b as number)));
        expect([kept.length + lost, inbox.bytes]).toEqual([next, 0]);
        expect(inbox.dropped).toBe(lost);
      }),
    );
  });
});
