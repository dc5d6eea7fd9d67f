import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClosedReport, EndProcess } from "./pulled-cables/end-process.js";
import { Journals } from "./pulled-cables/journals.js";
import { NamespacePair, other, type Side } from "./pulled-cables/namespace-pair.js";

const SIDES = ["client", "server"] as const;
const PINGS = ["client", "server", "both"] as const;

const INTERVAL_MS = 300;
const TIMEOUT_MS = 300;
/**
 * The promise of a HeartbeatHandler, and a tenth for what it cannot know: a ping and its timeout may each come a tick of
 * the timer wheel late (10 ms), host timers round up, and the peer's last message was on its way for a moment. Time in
 * which the process was not let run comes on top; it measures that itself.
 */
const NOTICED_WITHIN_MS = 1.1 * (INTERVAL_MS + TIMEOUT_MS);
/** "At once": some turns of the loop, far below any deadline for closing. */
const FREED_WITHIN_MS = 100;

const TIMES = { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS };
/** Answers pings and never gives up by itself. */
const PATIENT = { intervalMs: 60_000, timeoutMs: 60_000 };

/** Who pings, and how the ends' heartbeats differ from the usual ones. */
interface Roles extends Partial<Record<Side, object>> {
  readonly pings: "client" | "server" | "both";
}

interface Scene {
  readonly client: EndProcess;
  readonly server: EndProcess;
  /** Compares the journals of both ends, which must have no more to say. */
  judge(killed?: Side): Promise<Journals>;
}

/** Both ends ask and answer all the time; `pings` says who sends heartbeats beside that. */
describe("a peer that is gone is noticed in time, and nothing is lost unreported, when", () => {
  let pair: NamespacePair | string;
  let folder: string;
  let scenes = 0;
  const running: EndProcess[] = [];

  beforeAll(() => {
    pair = NamespacePair.create();
    folder = mkdtempSync(join(tmpdir(), "sluice-cables-"));
  });

  beforeEach((context) => {
    if (typeof pair === "string") context.skip(pair);
  });

  afterEach(async () => {
    for (const end of running.splice(0)) await end.end();
    if (typeof pair !== "string") pair.mend();
  });

  afterAll(() => {
    if (typeof pair !== "string") pair[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(PINGS)("the link goes down (pings: %s)", async (pings) => {
    const { client, server, judge } = await scene({ pings });
    cable().pull(pings === "server" ? "server" : "client");
    expectDead(await client.report("closed"));
    expectDead(await server.report("closed"));
    await judge();
  });

  it.each(PINGS.flatMap((pings) => SIDES.map((side) => [side, pings] as const)))(
    "nobody hears the %s any more (pings: %s)",
    async (muted, pings) => {
      const ends = await scene({ pings });
      cable().mute(muted);
      expectDead(await ends[other(muted)].report("closed"));
      // The other direction works: the farewell of the deaf end may be what the muted one notices first.
      const closed = await ends[muted].report("closed");
      expect([undefined, "CONNECTION_RESET", "HEARTBEAT_TIMEOUT"]).toContain(closed.cause);
      expectInTime(closed);
      await ends.judge();
    },
  );

  it.each(SIDES)("the %s is deaf to answers but not to traffic, and insists on answers", async (asking) => {
    const ends = await scene({ pings: asking, [asking]: { onlyPongs: true }, [other(asking)]: PATIENT });
    cable().mute(asking);
    const mutedAt = monotonicMs();
    const closed = await ends[asking].report("closed");
    expect(closed.cause).toBe("HEARTBEAT_TIMEOUT");
    expect(closed.closedAt - mutedAt - closed.stalledMs).toBeLessThan(NOTICED_WITHIN_MS);
  });

  it.each(PINGS.flatMap((pings) => SIDES.map((side) => [side, pings] as const)))(
    "the %s is stopped (pings: %s)",
    async (stopped, pings) => {
      const ends = await scene({ pings });
      ends[stopped].signal("SIGSTOP");
      expectDead(await ends[other(stopped)].report("closed"));
      ends[stopped].signal("SIGCONT");
      expectFreed(await ends[stopped].report("closed"));
      await ends.judge();
    },
  );

  it.each(SIDES)("it is not the peer: the %s was stopped itself, and blames nobody", async (stopped) => {
    const ends = await scene({ pings: other(stopped), [other(stopped)]: PATIENT });
    ends[stopped].signal("SIGSTOP");
    await setTimeout(2 * NOTICED_WITHIN_MS);
    ends[stopped].signal("SIGCONT");
    ends[stopped].tell({ what: "go on" });
    expect(await ends[stopped].report("warm", "closed")).toEqual({ what: "warm" });
  });

  it.each(SIDES)("the %s is killed: its system says so, long before a heartbeat could", async (killed) => {
    const ends = await scene({ pings: "both" });
    const killedAt = monotonicMs();
    ends[killed].signal("SIGKILL");
    const closed = await ends[other(killed)].report("closed");
    expect([undefined, "CONNECTION_RESET"]).toContain(closed.cause);
    expect(closed.closedAt - killedAt - closed.stalledMs).toBeLessThan(TIMEOUT_MS);
    expectFreed(closed);
    await ends.judge(killed);
  });

  it.each([
    ["the system has taken", { messages: 1, bytes: 50_000 }, "taken by the system"],
    ["the system has no room for", { messages: 64, bytes: 200_000 }, "CHANNEL_CLOSED"],
  ])("the server has sent what nobody acknowledges and %s", async (_, flood, outcome) => {
    const { client, server } = await scene({ pings: "client", client: PATIENT });
    cable().mute("client");
    server.tell({ what: "flood", ...flood });
    expectDead(await server.report("closed"));
    const { outcomes } = await server.report("flooded");
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(flood.messages);
    expect(outcomes).toHaveProperty([outcome]);
    expect(Object.keys(outcomes).filter((code) => code !== "taken by the system" && code !== outcome)).toEqual([]);
    client.signal("SIGKILL");
  });

  function cable(): NamespacePair {
    return pair as NamespacePair;
  }

  async function scene(roles: Roles): Promise<Scene> {
    const start = (side: Side, more: object) => {
      const heartbeat = { ...TIMES, pings: roles.pings, ...roles[side] };
      const journal = join(folder, `${scenes}-${side}.jsonl`);
      const end = new EndProcess(`${side}.mjs`, { side, journal, heartbeat, warmUp: 5, ...more });
      running.push(end);
      return end;
    };
    scenes++;
    const host = cable().address("server");
    const server = start("server", { host });
    const { port } = await server.report("listening");
    const client = start("client", { host, port });
    await Promise.all([server.report("warm"), client.report("warm")]);
    return {
      client,
      server,
      async judge(killed) {
        if (killed !== "server") {
          server.tell({ what: "count" });
          expect(await server.report("counted")).toMatchObject({ channels: 0 });
        }
        for (const end of running.splice(0)) await end.end();
        const journals = new Journals({ client: client.journal, server: server.journal });
        expect(journals.contradictions(killed)).toEqual([]);
        for (const side of SIDES) expect(journals.count(side, "answered")).toBeGreaterThanOrEqual(5);
        return journals;
      },
    };
  }
});

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Closed by the heartbeat, in time, with nothing left. */
function expectDead(closed: ClosedReport): void {
  expect(closed.cause).toBe("HEARTBEAT_TIMEOUT");
  // Nothing is given up before a ping could have been answered.
  expect(closed.silenceMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  expectInTime(closed);
}

function expectInTime(closed: ClosedReport): void {
  expect(closed.silenceMs - closed.stalledMs, JSON.stringify(closed)).toBeLessThan(NOTICED_WITHIN_MS);
  expectFreed(closed);
}

function expectFreed(closed: ClosedReport): void {
  expect(closed.freedAfterMs - closed.freeingStalledMs, JSON.stringify(closed)).toBeLessThan(FREED_WITHIN_MS);
  expect(closed).toMatchObject({ timeouts: 0, hostTimers: 0, unhandled: [] });
}
