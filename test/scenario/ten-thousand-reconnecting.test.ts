import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

interface Return {
  /** When attempts were meant to begin, and when they did; by a clock of their own. */
  readonly planned: number[];
  readonly attempts: number[];
  /** When each client was ready again. */
  readonly back: number[];
}

const CLIENTS = 10_000;
const INITIAL_DELAY_MS = 4000;
const MAX_DELAY_MS = 8000;
const DOWN_MS = 2000;

/**
 * A first delay comes from a window of 4 s, so 100 ms of it hold 2.5 % of the clients. Those that come while the server is
 * down draw again, from 8 s, and some a third time. At the end of the first window 1 + 1/2 + 1/8 + 1/48 + … = 1.65 times as
 * many come as at its beginning, 4.1 %, and later fewer. The rest is for chance, which is good for 0.2 % in ten thousand.
 *
 * It holds for when attempts are meant to begin. A process that has just lost ten thousand connections is busy, and what
 * falls due meanwhile runs together afterwards: that is the machine's doing, and would be the same with any delays.
 */
const SHARE = 0.05;
/** For connecting ten thousand times, on a machine that has other things to do. */
const SLACK_MS = 10_000;

describe("ten thousand clients whose server restarts", () => {
  const children: ChildProcess[] = [];

  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  it("come back one by one, and all within the longest delay", { timeout: 120_000 }, async (context) => {
    const descriptors = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
    if (descriptors !== "unlimited" && Number(descriptors) < CLIENTS + 100) {
      context.skip(`a process may have ${descriptors} descriptors only`);
    }
    const { child: server, port } = await serve(0);
    const clients = start("clients.mjs");
    const delays = { initialDelayMs: INITIAL_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
    clients.send({ port, count: CLIENTS, ...delays });
    expect(await answer(clients)).toBe("ready");

    const lost = answer(clients);
    server.kill("SIGKILL");
    expect(await lost).toBe("lost");
    const returned = answer<Return>(clients);
    await sleep(DOWN_MS);
    const { at: upAgain } = await serve(port);
    const { attempts, planned, back } = await returned;

    expect(mostWithin(100, planned) / CLIENTS).toBeLessThan(SHARE);
    // Each wait led to one attempt, and none began early.
    expect(attempts).toHaveLength(planned.length);
    const inOrder = planned.toSorted((a, b) => a - b);
    const early = attempts.toSorted((a, b) => a - b).filter((at, i) => at < (inOrder[i] as number));
    expect(early).toEqual([]);
    // Some tried in vain and drew a second delay.
    expect(attempts.length).toBeGreaterThan(CLIENTS * 1.2);
    expect(back).toHaveLength(CLIENTS);
    expect(Math.max(...back) - upAgain).toBeLessThan(MAX_DELAY_MS + SLACK_MS);
  });

  function start(script: string, ...args: string[]): ChildProcess {
    const child = fork(fileURLToPath(new URL(`ten-thousand-reconnecting/${script}`, import.meta.url)), args);
    children.push(child);
    return child;
  }

  async function serve(port: number): Promise<{ child: ChildProcess; port: number; at: number }> {
    const child = start("server.mjs", String(port));
    return { child, ...(await answer<{ port: number; at: number }>(child)) };
  }
});

async function answer<T>(from: ChildProcess): Promise<T> {
  return (await once(from, "message"))[0] as T;
}

/** The most of `times` that lie within any `span`. */
function mostWithin(span: number, times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while ((sorted[last] as number) - (sorted[first] as number) >= span) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
