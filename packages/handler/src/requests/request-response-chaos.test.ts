import type { Completion } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeldWrites } from "../../fixtures/idle-channel.js";
import { RequestResponseByIdHandler, RequestResponseHandler } from "../index.js";

type Step =
  | { readonly do: "request"; readonly timeoutMs: number }
  | { readonly do: "advance" | "abort" | "respond" | "failWrite"; readonly n: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("request" as const), timeoutMs: fc.nat(20) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("advance" as const, "abort" as const, "respond" as const, "failWrite" as const),
      n: fc.nat(9),
    }),
  },
);

/** A peer that answers what it got with the same number, in order or not, and writes that may fail before. */
async function run(steps: readonly Step[], inOrder: boolean) {
  const options = { maxPending: 6, timeoutMs: 10 };
  const handler = inOrder
    ? new RequestResponseHandler<number, number>(options)
    : new RequestResponseByIdHandler<number, number>({ ...options, requestId: (n) => n, responseId: (n) => n });
  const writes = new HeldWrites();
  const taken: { readonly id: number; readonly completion: Completion | undefined }[] = [];
  writes.write = (_ctx, message, completion) => void taken.push({ id: message as number, completion });
  const channel = new EmbeddedChannel(writes, handler);
  const ends: string[][] = [];
  const aborts: AbortController[] = [];
  for (const step of steps) {
    if (step.do === "request") {
      const id = ends.length;
      const end: string[] = [];
      const abort = new AbortController();
      ends.push(end);
      aborts.push(abort);
      handler.request(id, { timeoutMs: step.timeoutMs, signal: abort.signal }).then(
        (response) => end.push(response === id ? "answered" : `answered with ${response}`),
        (error) => end.push(error.code ?? error.message),
      );
    } else if (step.do === "advance") channel.clock.advance(step.n);
    else if (step.do === "abort") aborts[step.n % (aborts.length || 1)]?.abort();
    else if (taken.length > 0) {
      const index = inOrder && step.do === "respond" ? 0 : step.n % taken.length;
      const [write] = taken.splice(index, 1);
      if (step.do === "failWrite") write?.completion?.fail(new Error("failed"));
      else {
        write?.completion?.succeed();
        channel.writeInbound(write?.id);
      }
    }
    expect(handler.inFlight).toBeLessThanOrEqual(6);
    expect(channel.clock.pending).toBeLessThanOrEqual(1);
    await undefined;
  }
  channel.finish();
  for (let job = 0; job < 5; job++) await undefined;
  expect([handler.inFlight, channel.clock.pending, handler.unexpectedResponses]).toEqual([0, 0, 0]);
  return ends;
}

describe("requests under any mixture of responses, timeouts, aborts, failed writes and the end", () => {
  it.each([
    ["in order", true],
    ["by id", false],
  ])("each end exactly once, never with a response to another: %s", async (_name, inOrder) => {
    const known = ["answered", "REQUEST_TIMEOUT", "ABORTED", "REQUESTS_FULL", "CHANNEL_CLOSED", "failed"];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        for (const end of await run(steps, inOrder)) {
          expect(end).toHaveLength(1);
          expect(known).toContain(end[0]);
        }
      }),
    );
  });
});
