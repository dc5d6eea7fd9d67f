import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PendingRequest } from "./pending-request.js";
import { RequestDeadlines } from "./request-deadlines.js";

it("RequestDeadlines gives the earliest first, equal ones in the order of adding, whatever is removed", () => {
  const step = fc.oneof(fc.nat(9), fc.record({ remove: fc.nat(20) }), fc.constant("first" as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const deadlines = new RequestDeadlines();
      const sorted: PendingRequest[] = [];
      for (const step of steps) {
        if (typeof step === "number") {
          const request = new PendingRequest();
          deadlines.add(request, step);
          const later = sorted.findIndex(({ deadline }) => deadline > step);
          sorted.splice(later === -1 ? sorted.length : later, 0, request);
        } else {
          const [request] = sorted.splice(step === "first" ? 0 : step.remove % (sorted.length || 1), 1);
          if (request === undefined) continue;
          deadlines.remove(request);
          deadlines.remove(request);
        }
        expect(deadlines.first).toBe(sorted[0]);
      }
    }),
  );
});
