/** What a client costs that connects and never reads. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildScript } from "./child-script.js";

interface Report {
  readonly offered: number;
  /** Most memory held at any time, beyond what was held before. */
  readonly most: number;
  readonly refused: number;
  readonly pending: number;
  readonly written: number;
  readonly dropped: number;
  readonly coalesced: number;
  readonly heldMessages: number;
  readonly isOpen: boolean;
}

const MIB = 1024 * 1024;
const OFFERED = 1024 * MIB;
const HARD_CAP = 16 * MIB;

describe("a reader that stops, offered 1 GiB", () => {
  let server: ChildScript;
  let port: number;

  beforeAll(async () => {
    server = new ChildScript("stopped-readers/server.mjs", HARD_CAP);
    ({ port } = await server.answer<{ port: number }>());
  });
  afterAll(() => server.kill());

  async function offer(way: string): Promise<Report> {
    await server.answer({ way, bytes: OFFERED });
    const socket = connect(port, "127.0.0.1");
    socket.pause();
    try {
      const report = await server.answer<Report>();
      expect(report.offered).toBe(OFFERED);
      return report;
    } finally {
      socket.destroy();
    }
  }

  it("costs the hard cap when nobody cares, and is told of the rest", { timeout: 60_000 }, async () => {
    const { most, refused, pending } = await offer("write");
    expect(refused).toBeGreaterThan((OFFERED - 2 * HARD_CAP) / (64 * 1024));
    expect(pending).toBeGreaterThan(HARD_CAP - 128 * 1024);
    expect(pending).toBeLessThanOrEqual(HARD_CAP);
    expect(most).toBeLessThan(HARD_CAP + MIB);
  });

  it.each(["drop-newest", "drop-oldest", "coalesce"] as const)(
    "costs a water mark and a few messages with the policy %s",
    { timeout: 60_000 },
    async (way) => {
      const { most, pending, written, dropped, coalesced, heldMessages, isOpen } = await offer(way);
      expect(isOpen).toBe(true);
      expect(pending).toBeLessThan(256 * 1024);
      expect(heldMessages).toBeGreaterThan(0);
      // Each message is accounted for: sent, kept, or missed.
      expect(written + dropped + coalesced + heldMessages).toBe(OFFERED / (64 * 1024) + 4);
      expect(most).toBeLessThan(MIB + MIB);
    },
  );
});
