import { describe, expect, it } from "vitest";
import { type FrameDeadlineAction, FrameDeadlineMachine, type FrameDeadlineState } from "./frame-deadline-machine.js";

/** Each state, reached in the way that leaves 40 of 100 ms used at time 1000. */
const STATES: Record<string, () => FrameDeadlineMachine> = {
  between: () => new FrameDeadlineMachine(),
  held: () => {
    const machine = new FrameDeadlineMachine();
    machine.burstEnded(900, true, false, 100);
    machine.readable(910);
    machine.burstEnded(950, true, false, 100);
    return machine;
  },
  arriving: () => {
    const machine = STATES.held?.() as FrameDeadlineMachine;
    machine.readable(1000);
    return machine;
  },
  "held, awaited": () => {
    const machine = new FrameDeadlineMachine();
    machine.awaited(100);
    machine.readable(910);
    machine.burstEnded(950, false, false, 100);
    return machine;
  },
  "arriving, awaited": () => {
    const machine = STATES["held, awaited"]?.() as FrameDeadlineMachine;
    machine.readable(1000);
    return machine;
  },
  late: () => {
    const machine = STATES.arriving?.() as FrameDeadlineMachine;
    machine.expired(5000, 0);
    return machine;
  },
};

const EVENTS: Record<string, (machine: FrameDeadlineMachine) => FrameDeadlineAction> = {
  awaited: (machine) => machine.awaited(70),
  "burst, whole frames": (machine) => machine.burstEnded(1010, false, true, 100),
  "burst, whole and a part": (machine) => machine.burstEnded(1010, true, true, 100),
  "burst, a part": (machine) => machine.burstEnded(1010, true, false, 100),
  "burst, no part": (machine) => machine.burstEnded(1010, false, false, 100),
  readable: (machine) => machine.readable(1010),
  "expired in time": (machine) => machine.expired(1059, 0),
  "expired too late": (machine) => machine.expired(1060, 0),
  "expired with bytes": (machine) => machine.expired(1060, 25),
};

type Row = [state: FrameDeadlineState, action: FrameDeadlineAction, leftMs: number | undefined];
const again = (inMs: number) => ({ inMs });

/** For every state and event: the state it leads to, what is to be done, and what the frame has left at time 1010. */
const TABLE: Record<string, Record<string, Row>> = {
  between: {
    awaited: ["held", "none", 70],
    "burst, whole frames": ["between", "none", undefined],
    "burst, whole and a part": ["held", "none", 100],
    "burst, a part": ["held", "none", 100],
    "burst, no part": ["between", "none", undefined],
    readable: ["between", "none", undefined],
    "expired in time": ["between", "none", undefined],
    "expired too late": ["between", "none", undefined],
    "expired with bytes": ["between", "none", undefined],
  },
  held: {
    awaited: ["held", "none", 60],
    "burst, whole frames": ["between", "none", undefined],
    "burst, whole and a part": ["held", "none", 100],
    "burst, a part": ["held", "none", 60],
    "burst, no part": ["between", "none", undefined],
    readable: ["arriving", again(60), 60],
    "expired in time": ["held", "none", 60],
    "expired too late": ["held", "none", 60],
    "expired with bytes": ["held", "none", 60],
  },
  arriving: {
    awaited: ["arriving", "none", 50],
    "burst, whole frames": ["between", "none", undefined],
    "burst, whole and a part": ["held", "none", 100],
    "burst, a part": ["held", "none", 50],
    "burst, no part": ["between", "none", undefined],
    readable: ["arriving", "none", 50],
    "expired in time": ["arriving", again(1), 50],
    "expired too late": ["late", "timeOut", undefined],
    "expired with bytes": ["arriving", again(25), 50],
  },
  "held, awaited": {
    awaited: ["held", "none", 60],
    "burst, whole frames": ["between", "none", undefined],
    "burst, whole and a part": ["held", "none", 100],
    "burst, a part": ["held", "none", 60],
    "burst, no part": ["held", "none", 60],
    readable: ["arriving", again(60), 60],
    "expired in time": ["held", "none", 60],
    "expired too late": ["held", "none", 60],
    "expired with bytes": ["held", "none", 60],
  },
  "arriving, awaited": {
    awaited: ["arriving", "none", 50],
    "burst, whole frames": ["between", "none", undefined],
    "burst, whole and a part": ["held", "none", 100],
    "burst, a part": ["held", "none", 50],
    "burst, no part": ["held", "none", 50],
    readable: ["arriving", "none", 50],
    "expired in time": ["arriving", again(1), 50],
    "expired too late": ["late", "timeOut", undefined],
    "expired with bytes": ["arriving", again(25), 50],
  },
  late: {
    awaited: ["late", "none", undefined],
    "burst, whole frames": ["late", "none", undefined],
    "burst, whole and a part": ["late", "none", undefined],
    "burst, a part": ["late", "none", undefined],
    "burst, no part": ["late", "none", undefined],
    readable: ["late", "none", undefined],
    "expired in time": ["late", "none", undefined],
    "expired too late": ["late", "none", undefined],
    "expired with bytes": ["late", "none", undefined],
  },
};

describe("FrameDeadlineMachine", () => {
  const rows = Object.keys(STATES).flatMap((state) => Object.keys(EVENTS).map((event) => [state, event] as const));

  it.each(rows)("%s: %s", (state, event) => {
    const machine = STATES[state]?.() as FrameDeadlineMachine;
    const row = TABLE[state]?.[event];
    if (row === undefined) throw new Error("the table has no such row");
    const [leadsTo, does, leftMs] = row;
    const action = EVENTS[event]?.(machine);
    expect([machine.state, action]).toEqual([leadsTo, does]);
    expect(left(machine)).toBe(leftMs);
  });
});

/** What the frame on its way may still take at time 1010, as the machine itself says. */
function left(machine: FrameDeadlineMachine): number | undefined {
  const action = machine.state === "held" ? machine.readable(1010) : machine.expired(1010, 0);
  return typeof action === "object" ? action.inMs : undefined;
}
