import { expect, it } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { ManualClock } from "../embedded/index.js";
import { SluiceError } from "../index.js";
import { BoundedCall, type BoundedCallOptions } from "./bounded-call.js";

function bounded(call: BoundedCallOptions<string>["call"], timeoutMs = 100) {
  const clock = new ManualClock();
  const log: string[] = [];
  const bounded = new BoundedCall<string>({
    call,
    clock,
    timeoutMs,
    timeoutError: () => new SluiceError("CONNECT_TIMEOUT"),
    succeeded: (value) => log.push(`succeeded ${value}`),
    failed: (error) => log.push(`failed ${(error as SluiceError).code ?? error.message}`),
    late: (value) => log.push(`late ${value}`),
  });
  bounded.run();
  return { bounded, clock, log };
}

it("is done at once when there is no promise", () => {
  const { clock, log } = bounded(() => "value");
  expect([log, clock.pending]).toEqual([["succeeded value"], 0]);
  const thrown = bounded(() => {
    throw new Error("thrown");
  });
  expect([thrown.log, thrown.clock.pending]).toEqual([["failed thrown"], 0]);
});

it("waits for a promise, and lets go of its deadline", async () => {
  for (const [call, outcome] of [
    [() => Promise.resolve("value"), "succeeded value"],
    [() => Promise.reject(new Error("rejected")), "failed rejected"],
  ] as const) {
    const { clock, log } = bounded(call);
    expect([log, clock.pending]).toEqual([[], 1]);
    await turn();
    expect([log, clock.pending]).toEqual([[outcome], 0]);
  }
});

it("gives up at its deadline, and hands what comes too late to whoever clears up", async () => {
  let signal: AbortSignal | undefined;
  let answer: (value: string) => void = () => {};
  const {
    clock,
    log,
    bounded: call,
  } = bounded((options) => {
    signal = options.signal;
    return new Promise((resolve) => (answer = resolve));
  });
  clock.advance(100);
  expect([log, signal?.aborted, signal?.reason]).toEqual([
    ["failed CONNECT_TIMEOUT"],
    true,
    expect.objectContaining({ code: "CONNECT_TIMEOUT" }),
  ]);
  call.cancel(new SluiceError("POOL_CLOSED"));
  answer("value");
  await turn();
  expect(log).toEqual(["failed CONNECT_TIMEOUT", "late value"]);
});

it("needs no deadline, and can be cancelled", async () => {
  let refuse: (error: Error) => void = () => {};
  const { clock, log, bounded: call } = bounded(() => new Promise((_, reject) => (refuse = reject)), 0);
  expect(clock.pending).toBe(0);
  call.cancel(new SluiceError("POOL_CLOSED"));
  refuse(new Error("too late"));
  await turn();
  expect(log).toEqual(["failed POOL_CLOSED"]);
});
