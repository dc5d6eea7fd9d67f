import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PendingSend, type SendOwner } from "./pending-send.js";
import { SendQueue } from "./send-queue.js";

const owner: SendOwner<number> = { withdrawn: () => {}, written: () => {}, writeFailed: () => {} };

it("is a queue that any entry can leave", () => {
  const step = fc.oneof(fc.constant("shift" as const), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new SendQueue<number>({ maxMessages: 5, maxBytes: 30 });
      const model: PendingSend<number>[] = [];
      const all: PendingSend<number>[] = [];
      for (const step of steps) {
        if (step === "shift") expect(queue.shift()).toBe(model.shift());
        else if (step > 10) {
          const send = all[step % (all.length || 1)];
          if (send === undefined) continue;
          const index = model.indexOf(send);
          expect(queue.remove(send)).toBe(index >= 0);
          if (index >= 0) model.splice(index, 1);
        } else {
          const send = new PendingSend(
            all.length,
            owner,
            () => {},
            () => {},
          );
          send.bytes = step;
          const bytes = model.reduce((sum, each) => sum + each.bytes, 0);
          const hasRoom = model.length === 0 || (model.length < 5 && bytes + step <= 30);
          expect(queue.hasRoomFor(step)).toBe(hasRoom);
          queue.add(send);
          model.push(send);
          all.push(send);
        }
        const bytes = model.reduce((sum, each) => sum + each.bytes, 0);
        expect([queue.length, queue.bytes]).toEqual([model.length, bytes]);
      }
      while (model.length > 0) expect(queue.shift()).toBe(model.shift());
      expect(queue.shift()).toBeUndefined();
    }),
  );
});
