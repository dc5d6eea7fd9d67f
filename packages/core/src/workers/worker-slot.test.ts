import { describe, expect, it } from "vitest";
import { WorkerSlot, type WorkerSlotEvent, type WorkerSlotState } from "./worker-slot.js";

const OPTIONS = { restartDelayMs: 100, maxRestartDelayMs: 1000, maxRestarts: 2, stableMs: 10_000 };

/** How a slot gets into each state. */
const PATHS: Record<WorkerSlotState, WorkerSlotEvent[]> = {
  stopped: [],
  starting: ["start"],
  ready: ["start", "ready"],
  replacing: ["start", "ready", "replace"],
  waiting: ["start", "died"],
  failed: ["start", "died", "due", "died", "due", "died"],
};
const EVENTS: WorkerSlotEvent[] = ["start", "ready", "died", "due", "replace", "next ready", "next died", "stop"];

/** What is done, and the state after it. What is not here changes nothing. */
const TABLE: Record<WorkerSlotState, Partial<Record<WorkerSlotEvent, string>>> = {
  stopped: { start: "fork → starting" },
  starting: { ready: " → ready", died: "wait → waiting", stop: "kill → stopped" },
  ready: { died: "wait → waiting", replace: "fork next → replacing", stop: "drain → stopped" },
  replacing: {
    died: "promote → starting",
    "next ready": "drain, promote → ready",
    "next died": " → ready",
    stop: "kill next, drain → stopped",
  },
  waiting: { due: "fork → starting", replace: "fork → starting", stop: " → stopped" },
  failed: { replace: "fork → starting", stop: " → stopped" },
};

function slotAfter(events: readonly WorkerSlotEvent[], now = 0): WorkerSlot {
  const slot = new WorkerSlot(OPTIONS);
  for (const event of events) slot.on(event, now);
  return slot;
}

describe.each(Object.keys(PATHS) as WorkerSlotState[])("a slot that is %s", (state) => {
  it.each(EVENTS)("at %s", (event) => {
    const slot = slotAfter(PATHS[state]);
    expect(slot.state).toBe(state);
    const actions = slot.on(event, 0);
    expect(`${actions.join(", ")} → ${slot.state}`).toBe(TABLE[state][event] ?? ` → ${state}`);
  });
});

describe("restarts", () => {
  it("wait twice as long each time, up to a limit, and are given up after as many in a row as allowed", () => {
    const slot = new WorkerSlot({ ...OPTIONS, maxRestarts: 6 });
    slot.on("start", 0);
    const delays: number[] = [];
    while (slot.on("died", 0).includes("wait")) {
      delays.push(slot.delayMs);
      slot.on("due", 0);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect([slot.state, slot.deaths]).toEqual(["failed", 7]);
  });

  it("count from the beginning after a worker that served long enough, and not before", () => {
    const slot = slotAfter(["start", "died", "due", "ready"], 5);
    slot.on("died", 5 + 9999);
    expect(slot.deaths).toBe(2);
    slot.on("due", 20_000);
    slot.on("ready", 20_000);
    slot.on("died", 30_000);
    expect([slot.deaths, slot.delayMs]).toEqual([1, 100]);
  });

  it.each(["waiting", "failed"] as const)("count from the beginning when one that is %s is replaced", (state) => {
    const slot = slotAfter([...PATHS[state], "replace", "died"]);
    expect([slot.state, slot.deaths]).toEqual(["waiting", 1]);
  });

  it("are none at all with maxRestarts 0", () => {
    const slot = new WorkerSlot({ ...OPTIONS, maxRestarts: 0 });
    slot.on("start", 0);
    expect(slot.on("died", 0)).toEqual(["give up"]);
  });
});
