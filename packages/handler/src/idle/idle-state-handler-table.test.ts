/** What Netty's IdleStateHandler does, a row for each of its rules: what happens when, and which events follow. */
import { describe, expect, it } from "vitest";
import { setup } from "../../fixtures/idle-channel.js";
import type { IdleStateHandlerOptions } from "../index.js";

/** `read` and `end` are a burst's; `burst` is both. `write` is taken and held until `written` or `failed`. */
type Happening =
  | "read"
  | "end"
  | "burst"
  | "write"
  | "written"
  | "failed"
  | "resetRead"
  | "resetWrite"
  | "active"
  | "inactive"
  | "remove";

interface Row {
  readonly rule: string;
  readonly options: IdleStateHandlerOptions;
  /** In the order of their times. */
  readonly script: readonly (readonly [at: number, what: Happening])[];
  readonly until: number;
  readonly events: readonly string[];
}

const reader = { readerIdleMs: 10 };
const writer = { writerIdleMs: 10 };
const all = { allIdleMs: 10 };

const ROWS: readonly Row[] = [
  {
    rule: "0 and negative times are off",
    options: { readerIdleMs: 0, writerIdleMs: -5, allIdleMs: Number.NEGATIVE_INFINITY },
    script: [],
    until: 100,
    events: [],
  },
  { rule: "no period is shorter than 1 ms", options: { readerIdleMs: 0.2 }, script: [], until: 1.5, events: ["1 R!"] },
  {
    rule: "an active channel is watched from when the handler is added",
    options: reader,
    script: [],
    until: 15,
    events: ["10 R!"],
  },
  {
    rule: "it starts once: a second channelActive changes nothing",
    options: reader,
    script: [[6, "active"]],
    until: 15,
    events: ["10 R!"],
  },
  { rule: "it stops on channelInactive", options: reader, script: [[6, "inactive"]], until: 100, events: [] },
  {
    rule: "stopped, it never starts again",
    options: reader,
    script: [
      [6, "inactive"],
      [7, "active"],
    ],
    until: 100,
    events: [],
  },
  { rule: "it stops when it is removed", options: reader, script: [[6, "remove"]], until: 100, events: [] },
  {
    rule: "the read clock is set at the end of a burst, not at a read",
    options: reader,
    script: [
      [2, "read"],
      [7, "end"],
    ],
    until: 20,
    events: ["17 R!"],
  },
  {
    rule: "no reader event inside a burst",
    options: reader,
    script: [
      [2, "read"],
      [35, "end"],
    ],
    until: 50,
    events: ["45 R!"],
  },
  {
    rule: "no all-idle event inside a burst",
    options: all,
    script: [
      [2, "read"],
      [35, "end"],
    ],
    until: 50,
    events: ["45 A!"],
  },
  {
    rule: "a writer event fires inside a burst",
    options: writer,
    script: [[2, "read"]],
    until: 15,
    events: ["10 W!"],
  },
  {
    rule: "the end of a burst without a read is no read",
    options: reader,
    script: [[6, "end"]],
    until: 15,
    events: ["10 R!"],
  },
  {
    rule: "resetReadTimeout sets the read clock",
    options: reader,
    script: [[6, "resetRead"]],
    until: 20,
    events: ["16 R!"],
  },
  {
    rule: "resetReadTimeout makes no event a first one",
    options: reader,
    script: [[15, "resetRead"]],
    until: 30,
    events: ["10 R!", "25 R"],
  },
  {
    rule: "resetWriteTimeout sets the write clock and makes no event a first one",
    options: writer,
    script: [[15, "resetWrite"]],
    until: 30,
    events: ["10 W!", "25 W"],
  },
  {
    rule: "the write clock is set when a write completes, not when it is made",
    options: writer,
    script: [
      [2, "write"],
      [7, "written"],
    ],
    until: 20,
    events: ["17 W!"],
  },
  {
    rule: "a write that does not complete is silence",
    options: writer,
    script: [[2, "write"]],
    until: 25,
    events: ["10 W!", "20 W"],
  },
  {
    rule: "a failed write has completed",
    options: writer,
    script: [
      [2, "write"],
      [7, "failed"],
    ],
    until: 20,
    events: ["17 W!"],
  },
  {
    rule: "writes do not count for the reader",
    options: reader,
    script: [
      [2, "write"],
      [7, "written"],
    ],
    until: 15,
    events: ["10 R!"],
  },
  { rule: "reads do not count for the writer", options: writer, script: [[7, "burst"]], until: 15, events: ["10 W!"] },
  {
    rule: "what is left of a period is armed, not a whole one",
    options: reader,
    script: [[9, "burst"]],
    until: 25,
    events: ["19 R!"],
  },
  {
    rule: "an event repeats each period, and only the first is a first one",
    options: reader,
    script: [],
    until: 45,
    events: ["10 R!", "20 R", "30 R", "40 R"],
  },
  {
    rule: "a repeated event comes a period after the event, not after the read",
    options: { readerIdleMs: 10, writerIdleMs: 7 },
    script: [],
    until: 22,
    events: ["7 W!", "10 R!", "14 W", "20 R", "21 W"],
  },
  {
    rule: "first, not first, a read, first again",
    options: reader,
    script: [[25, "burst"]],
    until: 50,
    events: ["10 R!", "20 R", "35 R!", "45 R"],
  },
  {
    rule: "first, not first, a write, first again",
    options: writer,
    script: [
      [25, "write"],
      [25, "written"],
    ],
    until: 50,
    events: ["10 W!", "20 W", "35 W!", "45 W"],
  },
  {
    rule: "all-idle counts from the later of read and write: the read",
    options: all,
    script: [
      [1, "write"],
      [2, "written"],
      [6, "burst"],
    ],
    until: 20,
    events: ["16 A!"],
  },
  {
    rule: "all-idle counts from the later of read and write: the write",
    options: all,
    script: [
      [2, "burst"],
      [3, "write"],
      [6, "written"],
    ],
    until: 20,
    events: ["16 A!"],
  },
  {
    rule: "reads and writes make all-idle a first one again",
    options: all,
    script: [
      [15, "burst"],
      [30, "write"],
      [30, "written"],
    ],
    until: 55,
    events: ["10 A!", "25 A!", "40 A!", "50 A"],
  },
  {
    rule: "a read makes the reader's and the common event first ones again, not the writer's",
    options: { ...reader, ...writer, ...all },
    script: [[10, "burst"]],
    until: 20,
    events: ["10 R!", "10 W!", "10 A!", "20 R!", "20 W", "20 A!"],
  },
];

describe("IdleStateHandler, by Netty's rules", () => {
  it.each(ROWS)("$rule", ({ options, script, until, events }) => {
    const scene = setup(options);
    for (const [at, what] of script) {
      scene.clock.advanceTo(at);
      happen(scene, what);
    }
    scene.clock.advanceTo(until);
    expect(scene.events.map(abbreviated)).toEqual(events);
  });

  it.each(ROWS)("has at most one timeout at any time: $rule", ({ options, script }) => {
    const scene = setup(options);
    for (const [at, what] of script) {
      scene.clock.advanceTo(at);
      happen(scene, what);
      expect(scene.clock.pending).toBeLessThanOrEqual(1);
    }
  });
});

function happen({ channel, idle, write, writes }: ReturnType<typeof setup>, what: Happening): void {
  const { pipeline } = channel;
  switch (what) {
    case "read":
      return channel.writeOneInbound("x");
    case "end":
      return pipeline.fireChannelReadComplete();
    case "burst":
      return void channel.writeInbound("x");
    case "write":
      return write();
    case "written":
      return writes.succeed();
    case "failed":
      return writes.fail(new Error("broken"));
    case "resetRead":
      return idle.resetReadTimeout();
    case "resetWrite":
      return idle.resetWriteTimeout();
    case "active":
      return pipeline.fireChannelActive();
    case "inactive":
      return pipeline.fireChannelInactive();
    case "remove":
      return void pipeline.remove(idle);
  }
}

/** `10 READER_IDLE!` as `10 R!`. */
function abbreviated(event: string): string {
  return event.replace(/(\w)\w+_IDLE/, "$1");
}
