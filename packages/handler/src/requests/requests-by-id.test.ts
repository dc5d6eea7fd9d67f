import { describe, expect, it } from "vitest";
import { PendingRequest } from "./pending-request.js";
import { RequestsById } from "./requests-by-id.js";

/**
 * A script: `+a` a request with the id `a` is written, `?a` a response with that id arrives, `~a` it is given up,
 * `-a` it could not be written, `!` the end of the channel. `a'` is another request with the id `a`. What the
 * responses, the end and refused requests gave is the outcome. Two ids of abandoned requests are remembered.
 */
function run(script: string) {
  const ledger = new RequestsById<string, string, PendingRequest>(
    2,
    (request) => request.charAt(0),
    (message) => (message === "push" ? undefined : message),
  );
  const requests = new Map<string, PendingRequest>();
  const nameOf = (found: PendingRequest) => [...requests].find(([, request]) => request === found)?.[0];
  const outcome: unknown[] = [];
  for (const [event = "", name = ""] of script.split(" ").map((word) => [word.slice(0, 1), word.slice(1)])) {
    const request = requests.get(name) ?? new PendingRequest();
    if (event === "+") {
      try {
        ledger.add(request, name);
        requests.set(name, request);
      } catch (error) {
        outcome.push((error as { code: string }).code);
      }
    } else if (event === "~") ledger.abandon(request);
    else if (event === "-") ledger.withdraw(request);
    else if (event === "!") outcome.push(ledger.takeAll().map(nameOf).join(","));
    else {
      const answered = ledger.answer(name);
      outcome.push(typeof answered === "string" ? answered : nameOf(answered));
    }
  }
  const states = [...requests.values()].map(({ state }) => state.slice(0, 1)).join("");
  return { outcome: outcome.join(" "), states, inFlight: ledger.inFlight };
}

describe("RequestsById", () => {
  it.each([
    // script                     outcome                   states  in flight
    ["+a", "", "w", 1],
    ["+a +b", "", "ww", 2],
    // every state, every event
    ["+a ?a", "a", "e", 0],
    ["+a ~a", "", "a", 0],
    ["+a -a", "", "e", 0],
    ["+a !", "a", "e", 0],
    ["+a ~a ?a", "late", "e", 0],
    ["+a ~a ~a", "", "a", 0],
    ["+a ~a -a", "", "e", 0],
    ["+a ~a !", "", "e", 0],
    ["+a ?a ?a", "a unexpected", "e", 0],
    ["+a ?a ~a ?a", "a unexpected", "e", 0],
    ["+a ?a -a", "a", "e", 0],
    ["+a ?a !", "a ", "e", 0],
    // any order
    ["?a", "unexpected", "", 0],
    ["+a +b +c ?c ?a ?b ?b", "c a b unexpected", "eee", 0],
    ["+a +b +c -b ?b ?c ?a", "unexpected c a", "eee", 0],
    ["+a +b +c ~b !", "a,c", "eee", 0],
    ["+a ~a -a ?a", "unexpected", "e", 0],
    ["+a ~a ! ?a", " unexpected", "e", 0],
    // an id used again
    ["+a +a' ?a ?a", "DUPLICATE_REQUEST_ID a unexpected", "e", 0],
    ["+a ?a +a' ?a", "a a'", "ee", 0],
    ["+a ~a +a' ?a ?a", "a' unexpected", "ee", 0],
    ["+a ~a +a' -a ?a", "a'", "ee", 0],
    ["+a ~a +a' ~a' -a ?a ?a", "late unexpected", "ee", 0],
    // two late ones are remembered
    ["+a +b +c ~a ~b ~c ?a ?b ?c", "unexpected late late", "eee", 0],
    ["+a +b +c ~a ~b ?a ~c ?b ?c", "late late late", "eee", 0],
    // what is no response
    ["+a ?push ?a ?push", "unrelated a unrelated", "e", 0],
  ])("%s", (script, outcome, states, inFlight) => {
    expect(run(script)).toEqual({ outcome, states, inFlight });
  });
});
