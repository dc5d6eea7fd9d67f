import { describe, expect, it } from "vitest";
import { type TransferEvent, TransferMachine, type TransferSituation, type TransferState } from "./transfer-machine.js";

const ROOM: TransferSituation = { hasRoom: true, hasRest: false, hasUnsent: false };
const NO_ROOM: TransferSituation = { hasRoom: false, hasRest: false, hasUnsent: false };
const MORE: TransferSituation = { hasRoom: true, hasRest: true, hasUnsent: true };
const MORE_NO_ROOM: TransferSituation = { hasRoom: false, hasRest: true, hasUnsent: true };
const UNSENT: TransferSituation = { hasRoom: true, hasRest: false, hasUnsent: true };

/** How each state is reached. */
const PATHS: Record<TransferState, readonly (readonly [TransferEvent, TransferSituation])[]> = {
  waiting: [],
  pulling: [["started", ROOM]],
  writing: [
    ["started", ROOM],
    ["chunk", MORE],
  ],
  holding: [
    ["started", ROOM],
    ["chunk", MORE_NO_ROOM],
  ],
  resting: [["started", NO_ROOM]],
  draining: [
    ["started", ROOM],
    ["ended", UNSENT],
  ],
  sent: [
    ["started", ROOM],
    ["ended", ROOM],
  ],
  broken: [["broken", ROOM]],
};

const EVENTS: readonly TransferEvent[] = ["started", "chunk", "written", "hasRoom", "ended", "drained", "broken"];
const SITUATIONS = { ROOM, NO_ROOM, MORE, MORE_NO_ROOM, UNSENT };

/** What means something; every other event is answered with "wait" and changes nothing. */
const MEANT: readonly (readonly [TransferState, TransferEvent, keyof typeof SITUATIONS, string, TransferState])[] = [
  ["waiting", "started", "ROOM", "pull", "pulling"],
  ["waiting", "started", "MORE", "pull", "pulling"],
  ["waiting", "started", "UNSENT", "pull", "pulling"],
  ["waiting", "started", "NO_ROOM", "wait", "resting"],
  ["waiting", "started", "MORE_NO_ROOM", "wait", "resting"],
  ["pulling", "chunk", "ROOM", "write", "writing"],
  ["pulling", "chunk", "MORE", "write", "writing"],
  ["pulling", "chunk", "UNSENT", "write", "writing"],
  ["pulling", "chunk", "NO_ROOM", "wait", "holding"],
  ["pulling", "chunk", "MORE_NO_ROOM", "wait", "holding"],
  ["pulling", "ended", "ROOM", "complete", "sent"],
  ["pulling", "ended", "NO_ROOM", "complete", "sent"],
  ["pulling", "ended", "MORE", "wait", "draining"],
  ["pulling", "ended", "MORE_NO_ROOM", "wait", "draining"],
  ["pulling", "ended", "UNSENT", "wait", "draining"],
  ["writing", "written", "ROOM", "pull", "pulling"],
  ["writing", "written", "UNSENT", "pull", "pulling"],
  ["writing", "written", "NO_ROOM", "wait", "resting"],
  ["writing", "written", "MORE", "write", "writing"],
  ["writing", "written", "MORE_NO_ROOM", "wait", "holding"],
  ["holding", "hasRoom", "ROOM", "write", "writing"],
  ["holding", "hasRoom", "MORE", "write", "writing"],
  ["holding", "hasRoom", "UNSENT", "write", "writing"],
  ["resting", "hasRoom", "ROOM", "pull", "pulling"],
  ["resting", "hasRoom", "MORE", "pull", "pulling"],
  ["resting", "hasRoom", "UNSENT", "pull", "pulling"],
  ...(["ROOM", "NO_ROOM", "MORE", "MORE_NO_ROOM", "UNSENT"] as const).flatMap((situation) => [
    ["draining", "drained", situation, "complete", "sent"] as const,
    ...(["waiting", "pulling", "writing", "holding", "resting", "draining"] as const).map(
      (state) => [state, "broken", situation, "fail", "broken"] as const,
    ),
  ]),
];

const TABLE = (Object.keys(PATHS) as TransferState[]).flatMap((from) =>
  EVENTS.flatMap((event) =>
    (Object.keys(SITUATIONS) as (keyof typeof SITUATIONS)[]).map((situation) => {
      const meant = MEANT.find(([s, e, where]) => s === from && e === event && where === situation);
      return [from, event, situation, meant?.[3] ?? "wait", meant?.[4] ?? from] as const;
    }),
  ),
);

function machineIn(state: TransferState): TransferMachine {
  const machine = new TransferMachine();
  for (const [event, situation] of PATHS[state]) machine.on(event, situation);
  expect(machine.state).toBe(state);
  return machine;
}

describe("TransferMachine", () => {
  it.each(TABLE)("%s, %s with %s: %s, %s", (from, event, situation, action, to) => {
    const machine = machineIn(from);
    expect([machine.on(event, SITUATIONS[situation]), machine.state]).toEqual([action, to]);
    expect(machine.isOver).toBe(to === "sent" || to === "broken");
  });

  it("means every row of the table, once", () => {
    const cells = MEANT.map(([state, event, situation]) => `${state} ${event} ${situation}`);
    expect(new Set(cells).size).toBe(cells.length);
    expect(TABLE).toHaveLength(8 * 7 * 5);
  });
});
