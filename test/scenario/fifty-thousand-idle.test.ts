import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

interface Measured {
  channels: number;
  /** Pending on the shared clock. */
  timeouts: number;
  /** Set with the host, whether or not they hold the process. */
  nativeTimers: number;
  events: number;
  /** CPU time of the process, as a part of one core. */
  cpuShare: number;
}

const CHANNELS = 50_000;
const QUIET_MS = 10_000;

let process: ChildProcess;

afterAll(() => void process.kill());

it("50 000 channels with idle timers share one native timer and take less than 1 % of a core", {
  timeout: 120_000,
}, async () => {
  const script = fileURLToPath(new URL("fifty-thousand-idle/channels.mjs", import.meta.url));
  process = fork(script, { execArgv: ["--expose-gc"] });
  await answer();

  process.send({ ms: QUIET_MS });
  const quiet = await answer<Measured>();
  expect(quiet).toMatchObject({ channels: CHANNELS, timeouts: CHANNELS, nativeTimers: 1, events: 0 });
  expect(quiet.cpuShare).toBeLessThan(0.01);

  // The timers are no dead weight: each channel reports the silence of both its directions.
  process.send({ events: 2 * CHANNELS });
  expect(await answer()).toEqual({ events: 2 * CHANNELS });
});

async function answer<T>(): Promise<T> {
  return (await once(process, "message"))[0] as T;
}
