import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CableLab, type Ends } from "./pulled-cables/cable-lab.js";
import {
  expectDead,
  expectFreed,
  expectInTime,
  NOTICED_WITHIN_MS,
  TIMEOUT_MS,
  TIMES,
} from "./pulled-cables/heartbeat-promise.js";
import { monotonicMs } from "./pulled-cables/monotonic.mjs";
import { other, SIDES, type Side } from "./pulled-cables/namespace-pair.js";

const PINGS = ["client", "server", "both"] as const;
type Pings = (typeof PINGS)[number];
const EITHER_SIDE = PINGS.flatMap((pings) => SIDES.map((side) => [side, pings] as const));

/** Answers pings and never gives up by itself. */
const PATIENT = { intervalMs: 60_000, timeoutMs: 60_000 };

/** Both ends ask and answer all the time; `pings` says who sends heartbeats beside that. */
describe("a peer that is gone is noticed in time, and nothing is lost unreported, when", () => {
  let lab: CableLab | string;

  beforeAll(() => {
    lab = CableLab.open();
  });

  beforeEach((context) => {
    if (typeof lab === "string") context.skip(lab);
  });

  afterEach(async () => {
    if (typeof lab !== "string") await lab.clear();
  });

  afterAll(() => {
    if (typeof lab !== "string") lab[Symbol.dispose]();
  });

  it.each(PINGS)("the link goes down (pings: %s)", async (pings) => {
    const { cable, ends, judge } = await scene(pings);
    cable.pull(pings === "server" ? "server" : "client");
    expectDead(await ends.client.report("closed"));
    expectDead(await ends.server.report("closed"));
    await judge();
  });

  it.each(EITHER_SIDE)("nobody hears the %s any more (pings: %s)", async (muted, pings) => {
    const { cable, ends, judge } = await scene(pings);
    cable.mute(muted);
    expectDead(await ends[other(muted)].report("closed"));
    // The other direction works: the farewell of the deaf end may be what the muted one notices first.
    const closed = await ends[muted].report("closed");
    expect([undefined, "CONNECTION_RESET", "HEARTBEAT_TIMEOUT"]).toContain(closed.cause);
    expectInTime(closed);
    expectFreed(closed);
    await judge();
  });

  it.each(SIDES)("the %s is deaf to answers but not to traffic, and insists on answers", async (asking) => {
    const { cable, ends } = await scene(asking, { [asking]: { onlyPongs: true }, [other(asking)]: PATIENT });
    cable.mute(asking);
    const mutedAt = monotonicMs();
    const closed = await ends[asking].report("closed");
    expect(closed.cause).toBe("HEARTBEAT_TIMEOUT");
    expect(closed.closedAt - mutedAt - closed.stalledMs, JSON.stringify(closed)).toBeLessThan(NOTICED_WITHIN_MS);
    expectFreed(closed);
  });

  it.each(EITHER_SIDE)("the %s is stopped (pings: %s)", async (stopped, pings) => {
    const { ends, judge } = await scene(pings);
    ends[stopped].signal("SIGSTOP");
    expectDead(await ends[other(stopped)].report("closed"));
    ends[stopped].signal("SIGCONT");
    expectFreed(await ends[stopped].report("closed"));
    await judge();
  });

  it.each(SIDES)("it is not the peer: the %s was stopped itself, and blames nobody", async (stopped) => {
    const { ends } = await scene(other(stopped), { [other(stopped)]: PATIENT });
    ends[stopped].signal("SIGSTOP");
    await setTimeout(2 * NOTICED_WITHIN_MS);
    ends[stopped].signal("SIGCONT");
    ends[stopped].tell({ what: "go on" });
    expect(await ends[stopped].report("warm", "closed")).toEqual({ what: "warm" });
  });

  it.each(SIDES)("the %s is killed: its system says so, long before a heartbeat could", async (killed) => {
    const { ends, judge } = await scene("both");
    const killedAt = monotonicMs();
    await ends[killed].kill();
    const closed = await ends[other(killed)].report("closed");
    expect([undefined, "CONNECTION_RESET"]).toContain(closed.cause);
    expect(closed.closedAt - killedAt - closed.stalledMs, JSON.stringify(closed)).toBeLessThan(TIMEOUT_MS);
    expectFreed(closed);
    await judge(killed);
  });

  it.each([
    ["the system has taken", { messages: 1, bytes: 50_000 }, "taken by the system"],
    ["the system has no room for", { messages: 64, bytes: 200_000 }, "CHANNEL_CLOSED"],
  ])("the server has sent what nobody acknowledges and %s", async (_, flood, outcome) => {
    const { cable, ends } = await scene("client", { client: PATIENT });
    cable.mute("client");
    ends.server.tell({ what: "flood", ...flood });
    // Not after the ten seconds that a close may take to send what is queued.
    expectDead(await ends.server.report("closed"));
    const { outcomes } = await ends.server.report("flooded");
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(flood.messages);
    expect(outcomes).toHaveProperty([outcome]);
    expect(Object.keys(outcomes).filter((code) => code !== "taken by the system" && code !== outcome)).toEqual([]);
  });

  async function scene(pings: Pings, heartbeats: Partial<Record<Side, object>> = {}) {
    const open = lab as CableLab;
    const ends: Ends = await open.ends({ heartbeat: { ...TIMES, pings }, ...heartbeats });
    return { cable: open.cable, ends, judge: (killed?: Side) => open.judge(ends, killed) };
  }
});
