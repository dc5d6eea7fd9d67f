import { describe, expect, it } from "vitest";
import { PendingRequest } from "./pending-request.js";
import { RequestsInOrder } from "./requests-in-order.js";

/**
 * A script: `+a` a request is written, `?` a response arrives, `~a` it is given up, `-a` it could not be written,
 * `!` the end of the channel. What the responses and the end gave is the outcome.
 */
function run(script: string) {
  const ledger = new RequestsInOrder<string, PendingRequest>((message) => message !== "push");
  const requests = new Map<string, PendingRequest>();
  const nameOf = (found: PendingRequest) => [...requests].find(([, request]) => request === found)?.[0];
  const outcome: unknown[] = [];
  for (const [event = "", name = ""] of script.split(" ").map((word) => [word.slice(0, 1), word.slice(1)])) {
    const request = requests.get(name) ?? new PendingRequest();
    if (event === "+") ledger.add(requests.set(name, request).get(name) as PendingRequest);
    else if (event === "~") ledger.abandon(request);
    else if (event === "-") ledger.withdraw(request);
    else if (event === "!") outcome.push(ledger.takeAll().map(nameOf).join(","));
    else {
      const answered = ledger.answer(name === "" ? "response" : name);
      outcome.push(typeof answered === "string" ? answered : nameOf(answered));
    }
  }
  const states = [...requests.values()].map(({ state }) => state.slice(0, 1)).join("");
  return { outcome: outcome.join(" "), states, inFlight: ledger.inFlight };
}

describe("RequestsInOrder", () => {
  it.each([
    // script                     outcome                   states  in flight
    ["+a", "", "w", 1],
    ["+a +b", "", "ww", 2],
    // every state, every event
    ["+a ?", "a", "e", 0],
    ["+a ~a", "", "a", 1],
    ["+a -a", "", "e", 0],
    ["+a !", "a", "e", 0],
    ["+a ~a ?", "late", "e", 0],
    ["+a ~a ~a", "", "a", 1],
    ["+a ~a -a", "", "e", 0],
    ["+a ~a !", "", "e", 0],
    ["+a ? ?", "a unexpected", "e", 0],
    ["+a ? ~a", "a", "e", 0],
    ["+a ? -a", "a", "e", 0],
    ["+a ? !", "a ", "e", 0],
    // order
    ["?", "unexpected", "", 0],
    ["+a +b +c ? ? ? ?", "a b c unexpected", "eee", 0],
    ["+a +b ~a ? ?", "late b", "ee", 0],
    ["+a +b +c ~b ? ? ?", "a late c", "eee", 0],
    ["+a +b +c ~a ~b ~c ? ? ? ?", "late late late unexpected", "eee", 0],
    ["+a +b +c -a ? ? ?", "b c unexpected", "eee", 0],
    ["+a +b +c -b ? ? ?", "a c unexpected", "eee", 0],
    ["+a +b +c -c ? ? ?", "a b unexpected", "eee", 0],
    ["+a +b +c ~b -b ? ? +d ?", "a c d", "eeee", 0],
    ["+a +b +c ~b !", "a,c", "eee", 0],
    ["+a ! ? +b ?", "a unexpected b", "ee", 0],
    // what is no response
    ["+a ?push ? ?push", "unrelated a unrelated", "e", 0],
  ])("%s", (script, outcome, states, inFlight) => {
    expect(run(script)).toEqual({ outcome, states, inFlight });
  });

  it("takes every message for a response unless told otherwise, and keeps no links to what has ended", () => {
    const ledger = new RequestsInOrder<unknown, PendingRequest>();
    const requests = [new PendingRequest(), new PendingRequest(), new PendingRequest()];
    for (const request of requests) ledger.add(request);
    expect(requests.map(() => ledger.answer(undefined))).toEqual(requests);
    for (const { previous, next } of requests) expect([previous, next]).toEqual([undefined, undefined]);
  });
});
