/** What a message leaves for the garbage collector, in bytes and promises: counted, so that no clock decides. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** Objects differ by some bytes from one version of V8 to the next; another object is more than that. */
const BYTE_BUF = 96;

it.each([
  ["passes a handler", "hop", 1],
  ["is cut off a chunk: one ByteBuf", "decode", BYTE_BUF],
  ["is cut off, gets its length back and is written: two ByteBufs", "echo", 2 * BYTE_BUF],
])("a message that %s leaves no promise and at most so many bytes", async (_what, work, most) => {
  const { bytes, promises } = await measure(work);
  expect(promises).toBe(0);
  expect(bytes).toBeLessThan(most);
});

async function measure(work: string): Promise<{ bytes: number; promises: number }> {
  const script = fileURLToPath(new URL("allocations/measure.mjs", import.meta.url));
  const child = fork(script, [work], { execArgv: ["--expose-gc", YOUNG_FROM, YOUNG_TO] });
  const [figures] = (await once(child, "message")) as [{ bytes: number; promises: number }];
  return figures;
}

/** Megabytes that nothing is collected from while it counts. */
const YOUNG_FROM = "--min-semi-space-size=64";
const YOUNG_TO = "--max-semi-space-size=64";
