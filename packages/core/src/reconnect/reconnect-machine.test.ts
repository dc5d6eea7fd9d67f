import { describe, expect, it } from "vitest";
import { ReconnectMachine, type ReconnectMachineEvent, type ReconnectState } from "./reconnect-machine.js";

type Happening = readonly [event: ReconnectMachineEvent, at: number];

/** How each state is reached, with three attempts and channels that are stable after 100 ms. */
const PATHS = {
  new: [],
  connecting: [["started", 0]],
  preparing: [
    ["started", 0],
    ["connected", 10],
  ],
  ready: [
    ["started", 0],
    ["connected", 10],
    ["prepared", 20],
  ],
  discarding: [
    ["started", 0],
    ["connected", 10],
    ["prepareFailed", 20],
  ],
  waiting: [
    ["started", 0],
    ["closed", 10],
  ],
  "connecting, the last time": [
    ["started", 0],
    ["closed", 10],
    ["expired", 20],
    ["closed", 30],
    ["expired", 40],
  ],
  "preparing, the last time": [
    ["started", 0],
    ["closed", 10],
    ["expired", 20],
    ["closed", 30],
    ["expired", 40],
    ["connected", 45],
  ],
  "discarding, the last time": [
    ["started", 0],
    ["closed", 10],
    ["expired", 20],
    ["closed", 30],
    ["expired", 40],
    ["connected", 45],
    ["prepareFailed", 50],
  ],
  "ready, the last time": [
    ["started", 0],
    ["closed", 10],
    ["expired", 20],
    ["closed", 30],
    ["expired", 40],
    ["connected", 45],
    ["prepared", 50],
  ],
  stopping: [
    ["started", 0],
    ["stopped", 10],
  ],
  stopped: [["stopped", 0]],
} as const satisfies Record<string, readonly Happening[]>;

function machineAfter(path: readonly Happening[]) {
  const machine = new ReconnectMachine({ maxAttempts: 3, stableAfterMs: 100 });
  for (const [event, at] of path) machine.on(event, at);
  return machine;
}

type Row = readonly [
  event: ReconnectMachineEvent,
  at: number,
  action: string,
  state: ReconnectState,
  attempts: number,
  waits: number,
];

const TABLE: Record<keyof typeof PATHS, readonly Row[]> = {
  new: [
    ["started", 60, "connect", "connecting", 1, 0],
    ["connected", 60, "nothing", "new", 0, 0],
    ["prepared", 60, "nothing", "new", 0, 0],
    ["prepareFailed", 60, "nothing", "new", 0, 0],
    ["closed", 60, "nothing", "new", 0, 0],
    ["expired", 60, "nothing", "new", 0, 0],
    ["stopped", 60, "finish", "stopped", 0, 0],
  ],
  connecting: [
    ["started", 60, "nothing", "connecting", 1, 0],
    ["connected", 60, "prepare", "preparing", 1, 0],
    ["prepared", 60, "nothing", "connecting", 1, 0],
    ["prepareFailed", 60, "nothing", "connecting", 1, 0],
    ["closed", 60, "wait", "waiting", 1, 1],
    ["expired", 60, "nothing", "connecting", 1, 0],
    ["stopped", 60, "cut", "stopping", 1, 0],
  ],
  preparing: [
    ["started", 60, "nothing", "preparing", 1, 0],
    ["connected", 60, "nothing", "preparing", 1, 0],
    ["prepared", 60, "open", "ready", 1, 0],
    ["prepareFailed", 60, "cut", "discarding", 1, 0],
    ["closed", 60, "wait", "waiting", 1, 1],
    ["closed", 500, "wait", "waiting", 1, 1],
    ["expired", 60, "nothing", "preparing", 1, 0],
    ["stopped", 60, "cut", "stopping", 1, 0],
  ],
  ready: [
    ["started", 60, "nothing", "ready", 1, 0],
    ["connected", 60, "nothing", "ready", 1, 0],
    ["prepared", 60, "nothing", "ready", 1, 0],
    ["prepareFailed", 60, "nothing", "ready", 1, 0],
    ["closed", 119, "wait", "waiting", 1, 1],
    ["closed", 120, "wait", "waiting", 0, 1],
    ["expired", 60, "nothing", "ready", 1, 0],
    ["stopped", 60, "close", "stopping", 1, 0],
  ],
  discarding: [
    ["started", 60, "nothing", "discarding", 1, 0],
    ["connected", 60, "nothing", "discarding", 1, 0],
    ["prepared", 60, "nothing", "discarding", 1, 0],
    ["prepareFailed", 60, "nothing", "discarding", 1, 0],
    ["closed", 60, "wait", "waiting", 1, 1],
    ["expired", 60, "nothing", "discarding", 1, 0],
    ["stopped", 60, "nothing", "stopping", 1, 0],
  ],
  waiting: [
    ["started", 60, "nothing", "waiting", 1, 1],
    ["connected", 60, "nothing", "waiting", 1, 1],
    ["prepared", 60, "nothing", "waiting", 1, 1],
    ["prepareFailed", 60, "nothing", "waiting", 1, 1],
    ["closed", 60, "nothing", "waiting", 1, 1],
    ["expired", 60, "connect", "connecting", 2, 1],
    ["stopped", 60, "finish", "stopped", 1, 1],
  ],
  "connecting, the last time": [
    ["started", 60, "nothing", "connecting", 3, 2],
    ["connected", 60, "prepare", "preparing", 3, 2],
    ["prepared", 60, "nothing", "connecting", 3, 2],
    ["prepareFailed", 60, "nothing", "connecting", 3, 2],
    ["closed", 60, "giveUp", "stopped", 3, 2],
    ["expired", 60, "nothing", "connecting", 3, 2],
    ["stopped", 60, "cut", "stopping", 3, 2],
  ],
  "preparing, the last time": [
    ["started", 60, "nothing", "preparing", 3, 2],
    ["connected", 60, "nothing", "preparing", 3, 2],
    ["prepared", 60, "open", "ready", 3, 2],
    ["prepareFailed", 60, "cut", "discarding", 3, 2],
    ["closed", 60, "giveUp", "stopped", 3, 2],
    ["expired", 60, "nothing", "preparing", 3, 2],
    ["stopped", 60, "cut", "stopping", 3, 2],
  ],
  "discarding, the last time": [
    ["started", 60, "nothing", "discarding", 3, 2],
    ["connected", 60, "nothing", "discarding", 3, 2],
    ["prepared", 60, "nothing", "discarding", 3, 2],
    ["prepareFailed", 60, "nothing", "discarding", 3, 2],
    ["closed", 60, "giveUp", "stopped", 3, 2],
    ["expired", 60, "nothing", "discarding", 3, 2],
    ["stopped", 60, "nothing", "stopping", 3, 2],
  ],
  "ready, the last time": [
    ["started", 60, "nothing", "ready", 3, 2],
    ["connected", 60, "nothing", "ready", 3, 2],
    ["prepared", 60, "nothing", "ready", 3, 2],
    ["prepareFailed", 60, "nothing", "ready", 3, 2],
    ["closed", 149, "giveUp", "stopped", 3, 2],
    ["closed", 150, "wait", "waiting", 0, 1],
    ["expired", 60, "nothing", "ready", 3, 2],
    ["stopped", 60, "close", "stopping", 3, 2],
  ],
  stopping: [
    ["started", 60, "nothing", "stopping", 1, 0],
    ["connected", 60, "nothing", "stopping", 1, 0],
    ["prepared", 60, "nothing", "stopping", 1, 0],
    ["prepareFailed", 60, "nothing", "stopping", 1, 0],
    ["closed", 60, "finish", "stopped", 1, 0],
    ["expired", 60, "nothing", "stopping", 1, 0],
    ["stopped", 60, "nothing", "stopping", 1, 0],
  ],
  stopped: [
    ["started", 60, "nothing", "stopped", 0, 0],
    ["connected", 60, "nothing", "stopped", 0, 0],
    ["prepared", 60, "nothing", "stopped", 0, 0],
    ["prepareFailed", 60, "nothing", "stopped", 0, 0],
    ["closed", 60, "nothing", "stopped", 0, 0],
    ["expired", 60, "nothing", "stopped", 0, 0],
    ["stopped", 60, "nothing", "stopped", 0, 0],
  ],
};

const EVENTS: ReconnectMachineEvent[] = [
  "started",
  "connected",
  "prepared",
  "prepareFailed",
  "closed",
  "expired",
  "stopped",
];

describe("ReconnectMachine", () => {
  const cells = Object.entries(TABLE).flatMap(([from, rows]) => rows.map((row) => [from, ...row] as const));

  it.each(cells)("%s, %s at %i: %s", (from, event, at, action, state, attempts, waits) => {
    const machine = machineAfter(PATHS[from as keyof typeof PATHS]);
    const done = machine.on(event, at);
    expect([done, machine.state, machine.attempts, machine.waits]).toEqual([action, state, attempts, waits]);
  });

  it("has a row for every state and event, and reaches every state", () => {
    for (const [from, rows] of Object.entries(TABLE)) {
      expect(machineAfter(PATHS[from as keyof typeof PATHS]).state).toBe(from.split(",")[0]);
      expect(new Set(rows.map(([event]) => event))).toEqual(new Set(EVENTS));
    }
    const all = Object.keys(PATHS).map((from) => from.split(",")[0]);
    expect(new Set([...cells.map(([, , , , state]) => state), "new"])).toEqual(new Set(all));
  });
});
