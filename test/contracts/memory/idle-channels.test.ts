/** What idle channels hold on the heap, so that it does not creep up. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("two channels that are connected hold 1.8 KB, and five handlers with idle timers 0.95 KB more", async () => {
  const script = fileURLToPath(new URL("idle-channels.mjs", import.meta.url));
  const child = fork(script, [], { execArgv: ["--expose-gc"], signal: AbortSignal.timeout(60_000) });
  const [{ bare, five }] = (await once(child, "message")) as [{ bare: number; five: number }];
  // With a fifth of room for versions of Node.js.
  expect(bare).toBeLessThan(2200);
  expect(five - bare).toBeLessThan(1150);
}, 70_000);
