import { describe, expect, it } from "vitest";
import { type TlsInput, TlsMachine, type TlsState } from "./tls-machine.js";

/** How to get there. */
const PATHS: Record<TlsState, TlsInput[]> = {
  handshaking: [],
  secured: ["secured"],
  ended: ["secured", "notified"],
  over: ["failed"],
};

/** state, input → state, action */
const ROWS: [TlsState, TlsInput, TlsState, string][] = [
  ["handshaking", "secured", "secured", "release"],
  ["handshaking", "failed", "over", "refuse"],
  ["handshaking", "notified", "over", "refuse"],
  ["handshaking", "cut", "over", "refuse"],
  ["handshaking", "closed", "over", "refuse"],
  ["secured", "secured", "secured", "ignore"],
  ["secured", "failed", "over", "fail"],
  ["secured", "notified", "ended", "end-input"],
  ["secured", "cut", "over", "truncate"],
  ["secured", "closed", "over", "finish"],
  ["ended", "secured", "ended", "ignore"],
  ["ended", "failed", "over", "fail"],
  ["ended", "notified", "ended", "ignore"],
  ["ended", "cut", "ended", "ignore"],
  ["ended", "closed", "over", "finish"],
  ["over", "secured", "over", "ignore"],
  ["over", "failed", "over", "ignore"],
  ["over", "notified", "over", "ignore"],
  ["over", "cut", "over", "ignore"],
  ["over", "closed", "over", "finish"],
];

const STATES = Object.keys(PATHS) as TlsState[];
const INPUTS: TlsInput[] = ["secured", "failed", "notified", "cut", "closed"];

describe("the life of TLS", () => {
  it.each(ROWS)("%s, %s: %s, %s", (state, input, next, action) => {
    const machine = new TlsMachine();
    for (const step of PATHS[state]) machine.on(step);
    expect(machine.state).toBe(state);
    expect(machine.on(input)).toBe(action);
    expect(machine.state).toBe(next);
  });

  it("is told completely", () => {
    const all = STATES.flatMap((state) => INPUTS.map((input) => `${state} ${input}`));
    expect(ROWS.map(([state, input]) => `${state} ${input}`)).toEqual(all);
  });

  it("releases once, refuses once, and never both", () => {
    for (const first of INPUTS) {
      for (const second of INPUTS) {
        for (const third of INPUTS) {
          const machine = new TlsMachine();
          const actions = [first, second, third].map((input) => machine.on(input));
          const decisive = actions.filter((action) => action === "release" || action === "refuse");
          expect(decisive).toHaveLength(1);
        }
      }
    }
  });
});
