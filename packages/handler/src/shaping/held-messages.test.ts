import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SlowReaderPolicy } from "../broadcast/slow-reader-policy.js";
import { HeldMessages } from "./held-messages.js";

/** Messages are `key` and a digit: their first letter is what they coalesce by. Each counts 10. */
const coalesce: SlowReaderPolicy<string> = { coalesce: (message) => message[0] };

function offered(
  policy: SlowReaderPolicy<string>,
  maxBytes: number,
  messages: readonly string[],
  sizes: number[] = [],
) {
  const held = new HeldMessages<string, string>(policy, maxBytes);
  const fates = messages.map((message, i) => held.offer(message, message, sizes[i] ?? 10));
  return { held, fates: fates.map((fate) => fate[0]).join("") };
}

function drained(held: HeldMessages<string, string>): string[] {
  const messages: string[] = [];
  for (let message = held.take(); message !== undefined; message = held.take()) messages.push(message);
  return messages;
}

/** Fates: kept, dropped, overflow. */
type Row = [
  policy: SlowReaderPolicy<string>,
  offered: string[],
  fates: string,
  left: string[],
  dropped: number,
  coalesced: number,
];

describe("with room for three", () => {
  const table: Row[] = [
    ["drop-newest", ["a1", "b1", "a2"], "kkk", ["a1", "b1", "a2"], 0, 0],
    ["drop-newest", ["a1", "b1", "a2", "b2", "c1"], "kkkdd", ["a1", "b1", "a2"], 2, 0],
    ["drop-oldest", ["a1", "b1", "a2", "b2", "c1"], "kkkkk", ["a2", "b2", "c1"], 2, 0],
    ["wait", ["a1", "b1", "a2", "b2"], "kkko", ["a1", "b1", "a2"], 0, 0],
    ["close", ["a1", "b1", "a2", "b2"], "kkko", ["a1", "b1", "a2"], 0, 0],
    [coalesce, ["a1", "b1", "a2", "a3", "b2"], "kkkkk", ["a3", "b2"], 0, 3],
    [coalesce, ["a1", "b1", "c1", "d1", "c2"], "kkkkk", ["b1", "c2", "d1"], 1, 1],
    [coalesce, ["a1", "b1", "c1", "a2"], "kkkk", ["a2", "b1", "c1"], 0, 1],
  ];

  it.each(table)("%s: %j", (policy, messages, fates, left, dropped, coalesced) => {
    const result = offered(policy, 30, messages);
    const { held } = result;
    expect([result.fates, held.length, held.bytes]).toEqual([fates, left.length, 10 * left.length]);
    expect([drained(held), held.dropped, held.coalesced, held.bytes]).toEqual([left, dropped, coalesced, 0]);
  });
});

describe("messages of different sizes", () => {
  const table: [
    policy: SlowReaderPolicy<string>,
    messages: string[],
    sizes: number[],
    fates: string,
    left: string[],
  ][] = [
    ["drop-newest", ["a", "b"], [99, 1], "kd", ["a"]],
    ["drop-newest", ["a", "b", "c"], [20, 11, 10], "kdk", ["a", "c"]],
    ["drop-oldest", ["a", "b", "c"], [10, 10, 99], "kkk", ["c"]],
    ["drop-oldest", ["a", "b", "c"], [10, 10, 20], "kkk", ["b", "c"]],
    ["close", ["a", "b"], [99, 1], "ko", ["a"]],
    // A larger one in the place of a smaller: it makes room at the front, and must not itself be there.
    [coalesce, ["a1", "b1", "a2"], [10, 10, 25], "kkk", ["a2"]],
    [coalesce, ["a1", "a2"], [10, 99], "kk", ["a2"]],
  ];

  it.each(table)("%s: %j of %j", (policy, messages, sizes, fates, left) => {
    const result = offered(policy, 30, messages, sizes);
    expect([result.fates, drained(result.held)]).toEqual([fates, left]);
  });
});

describe("what the reader sees", () => {
  const policies = fc.constantFrom<SlowReaderPolicy<string>>("drop-newest", "drop-oldest", "close", coalesce);
  const steps = fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ key: fc.constantFrom("a", "b", "c", "d"), size: fc.integer({ min: 1, max: 30 }) }),
      },
      { weight: 1, arbitrary: fc.constant("take" as const) },
    ),
    { maxLength: 80 },
  );

  it("is in order and within bounds; dropped, it is a part of what was sent, coalesced, it ends in the latest of each key", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 0, max: 60 }), steps, (policy, maxBytes, steps) => {
        const held = new HeldMessages<string, string>(policy, maxBytes);
        const sent: string[] = [];
        const seen: string[] = [];
        let overflowed = 0;
        for (const step of steps) {
          if (step === "take") {
            const message = held.take();
            if (message !== undefined) seen.push(message);
            continue;
          }
          const message = `${step.key}${sent.length}`;
          sent.push(message);
          if (held.offer(message, message, step.size) === "overflow") overflowed++;
          if (held.length > 1) expect(held.bytes).toBeLessThanOrEqual(maxBytes);
        }
        seen.push(...drained(held));

        const number = (message: string) => Number(message.slice(1));
        const keys = policy === coalesce ? ["a", "b", "c", "d"] : [""];
        for (const key of keys) {
          // Of one key, or of all: what is seen was sent, each once, in order.
          const numbers = seen.filter((message) => message.startsWith(key)).map(number);
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        }
        expect(seen.filter((message) => !sent.includes(message))).toEqual([]);
        expect(seen.length + held.dropped + held.coalesced + overflowed).toBe(sent.length);
        if (policy !== coalesce || held.dropped > 0) return;
        for (const key of keys) {
          const latest = sent.filter((message) => message.startsWith(key)).at(-1);
          expect(seen.filter((message) => message.startsWith(key)).at(-1)).toBe(latest);
        }
      }),
    );
  });
});
