import { describe, expect, it } from "vitest";
import { HeartbeatMachine, type HeartbeatMachineEvent, type HeartbeatRole } from "./heartbeat-machine.js";

type Happening = readonly [event: HeartbeatMachineEvent, at: number];

const never = Number.POSITIVE_INFINITY;

/** How each state is reached, with 30 ms between pings, 10 ms to answer and two misses allowed. */
const ASKING = {
  new: [],
  alive: [["started", 0]],
  doubtful: [
    ["started", 0],
    ["expired", 30],
  ],
  "doubtful, one miss": [
    ["started", 0],
    ["expired", 30],
    ["expired", 40],
  ],
  dead: [
    ["started", 0],
    ["expired", 30],
    ["expired", 40],
    ["expired", 50],
  ],
  stopped: [["stopped", 0]],
} as const satisfies Record<string, readonly Happening[]>;

const LISTENING = {
  new: [],
  alive: [["started", 0]],
  "doubtful, one miss": [
    ["started", 0],
    ["expired", 40],
  ],
  dead: [
    ["started", 0],
    ["expired", 40],
    ["expired", 50],
  ],
  stopped: [["stopped", 0]],
} as const satisfies Record<string, readonly Happening[]>;

function machineAfter(role: HeartbeatRole, path: readonly Happening[]) {
  const machine = new HeartbeatMachine({ role, intervalMs: 30, timeoutMs: 10, maxMissed: 2 });
  for (const [event, at] of path) machine.on(event, at);
  return machine;
}

type Row = readonly [
  event: HeartbeatMachineEvent,
  at: number,
  action: string,
  state: string,
  missed: number,
  next: number,
];

/** In every state: each event, `expired` also too early where there is a deadline. */
function table(role: HeartbeatRole, paths: Record<string, readonly Happening[]>, rows: Record<string, readonly Row[]>) {
  const cells = Object.entries(rows).flatMap(([from, cells]) => cells.map((cell) => [from, ...cell] as const));

  it.each(cells)("%s, %s at %i: %s", (from, event, at, action, state, missed, deadline) => {
    const machine = machineAfter(role, paths[from] as readonly Happening[]);
    const done = machine.on(event, at);
    expect([done, machine.state, machine.missed, machine.deadline]).toEqual([action, state, missed, deadline]);
  });

  it("has a row for every state and event, and reaches every state", () => {
    const events: HeartbeatMachineEvent[] = ["started", "heard", "expired", "spared", "stopped"];
    for (const state of Object.keys(paths)) {
      expect(machineAfter(role, paths[state] as readonly Happening[]).state).toBe(state.split(",")[0]);
      expect(new Set(rows[state]?.map(([event]) => event))).toEqual(new Set(events));
    }
    const reached = new Set(Object.values(rows).flatMap((cells) => cells.map(([, , , state]) => state)));
    const all = ["new", "alive", "doubtful", "dead", "stopped"];
    expect(reached).toEqual(new Set(role === "beating" ? ["new", "alive", "stopped"] : all));
  });
}

describe("HeartbeatMachine, asking", () => {
  table("asking", ASKING, {
    new: [
      ["started", 70, "wait", "alive", 0, 100],
      ["heard", 70, "wait", "new", 0, never],
      ["expired", 70, "wait", "new", 0, never],
      ["spared", 70, "wait", "new", 0, never],
      ["stopped", 70, "wait", "stopped", 0, never],
    ],
    alive: [
      ["started", 25, "wait", "alive", 0, 30],
      ["heard", 25, "wait", "alive", 0, 30],
      ["expired", 25, "wait", "alive", 0, 30],
      ["expired", 30, "ping", "doubtful", 0, 40],
      ["expired", 33, "ping", "doubtful", 0, 43],
      ["spared", 25, "wait", "alive", 0, 30],
      ["stopped", 25, "wait", "stopped", 0, never],
    ],
    doubtful: [
      ["started", 35, "wait", "doubtful", 0, 40],
      ["heard", 35, "wait", "alive", 0, 60],
      ["heard", 65, "wait", "alive", 0, 65],
      ["expired", 35, "wait", "doubtful", 0, 40],
      ["expired", 40, "pingAgain", "doubtful", 1, 50],
      ["spared", 35, "wait", "doubtful", 0, 40],
      ["stopped", 35, "wait", "stopped", 0, never],
    ],
    "doubtful, one miss": [
      ["started", 45, "wait", "doubtful", 1, 50],
      ["heard", 45, "wait", "alive", 0, 70],
      ["expired", 45, "wait", "doubtful", 1, 50],
      ["expired", 50, "declareDead", "dead", 2, never],
      ["spared", 45, "wait", "doubtful", 1, 50],
      ["stopped", 45, "wait", "stopped", 1, never],
    ],
    dead: [
      ["started", 70, "wait", "dead", 2, never],
      ["heard", 70, "wait", "dead", 2, never],
      ["expired", 70, "wait", "dead", 2, never],
      ["spared", 70, "wait", "alive", 0, 100],
      ["stopped", 70, "wait", "stopped", 2, never],
    ],
    stopped: [
      ["started", 70, "wait", "stopped", 0, never],
      ["heard", 70, "wait", "stopped", 0, never],
      ["expired", 70, "wait", "stopped", 0, never],
      ["spared", 70, "wait", "stopped", 0, never],
      ["stopped", 70, "wait", "stopped", 0, never],
    ],
  });
});

describe("HeartbeatMachine, listening", () => {
  table("listening", LISTENING, {
    new: [
      ["started", 70, "wait", "alive", 0, 110],
      ["heard", 70, "wait", "new", 0, never],
      ["expired", 70, "wait", "new", 0, never],
      ["spared", 70, "wait", "new", 0, never],
      ["stopped", 70, "wait", "stopped", 0, never],
    ],
    alive: [
      ["started", 35, "wait", "alive", 0, 40],
      ["heard", 35, "wait", "alive", 0, 75],
      ["expired", 35, "wait", "alive", 0, 40],
      ["expired", 40, "reportMiss", "doubtful", 1, 50],
      ["spared", 35, "wait", "alive", 0, 40],
      ["stopped", 35, "wait", "stopped", 0, never],
    ],
    "doubtful, one miss": [
      ["started", 45, "wait", "doubtful", 1, 50],
      ["heard", 45, "wait", "alive", 0, 85],
      ["expired", 45, "wait", "doubtful", 1, 50],
      ["expired", 50, "declareDead", "dead", 2, never],
      ["spared", 45, "wait", "doubtful", 1, 50],
      ["stopped", 45, "wait", "stopped", 1, never],
    ],
    dead: [
      ["started", 70, "wait", "dead", 2, never],
      ["heard", 70, "wait", "dead", 2, never],
      ["expired", 70, "wait", "dead", 2, never],
      ["spared", 70, "wait", "alive", 0, 110],
      ["stopped", 70, "wait", "stopped", 2, never],
    ],
    stopped: [
      ["started", 70, "wait", "stopped", 0, never],
      ["heard", 70, "wait", "stopped", 0, never],
      ["expired", 70, "wait", "stopped", 0, never],
      ["spared", 70, "wait", "stopped", 0, never],
      ["stopped", 70, "wait", "stopped", 0, never],
    ],
  });
});

describe("HeartbeatMachine, beating", () => {
  table(
    "beating",
    { new: [], alive: [["started", 0]], stopped: [["stopped", 0]] },
    {
      new: [
        ["started", 70, "wait", "alive", 0, 100],
        ["heard", 70, "wait", "new", 0, never],
        ["expired", 70, "wait", "new", 0, never],
        ["spared", 70, "wait", "new", 0, never],
        ["stopped", 70, "wait", "stopped", 0, never],
      ],
      alive: [
        ["started", 25, "wait", "alive", 0, 30],
        ["heard", 25, "wait", "alive", 0, 30],
        ["expired", 25, "wait", "alive", 0, 30],
        ["expired", 30, "ping", "alive", 0, 60],
        ["spared", 25, "wait", "alive", 0, 30],
        ["stopped", 25, "wait", "stopped", 0, never],
      ],
      stopped: [
        ["started", 70, "wait", "stopped", 0, never],
        ["heard", 70, "wait", "stopped", 0, never],
        ["expired", 70, "wait", "stopped", 0, never],
        ["spared", 70, "wait", "stopped", 0, never],
        ["stopped", 70, "wait", "stopped", 0, never],
      ],
    },
  );
});

describe("HeartbeatMachine with one miss allowed", () => {
  it.each([
    [
      "asking",
      [
        ["started", 0],
        ["expired", 30],
        ["expired", 40],
      ],
    ],
    [
      "listening",
      [
        ["started", 0],
        ["expired", 40],
      ],
    ],
  ] as const)("is dead after interval and timeout (%s)", (role, path) => {
    const machine = new HeartbeatMachine({ role, intervalMs: 30, timeoutMs: 10, maxMissed: 1 });
    const actions = path.map(([event, at]) => machine.on(event, at));
    expect([actions.at(-1), machine.state, machine.missed]).toEqual(["declareDead", "dead", 1]);
  });
});
