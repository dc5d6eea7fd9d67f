/** Clients that send a byte every ten seconds, against the deadlines of the hardened server in the examples. */
import { afterEach, expect, it } from "vitest";
import { ChildScript } from "./child-script.js";
import { isLong } from "./storm-length.js";

interface Attack {
  readonly opened: number;
  readonly answered: number;
  readonly ended: number;
  readonly failed: number;
  readonly mostOpen: number;
}

interface Served {
  readonly open: number;
  readonly errors: Record<string, number>;
}

const ATTACKERS = isLong ? 10_000 : 2000;
const HONEST = 20;
/** How much faster than its deadlines say the server's time passes. */
const SPEED = 4;
const BYTE_EVERY_MS = 10_000 / SPEED;

const children: ChildScript[] = [];
const start = (script: string, ...args: number[]) => {
  const child = new ChildScript(script, ...args);
  children.push(child);
  return child;
};

afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));

it("a Slowloris is ended by the default deadlines while honest clients are served", {
  timeout: 120_000,
}, async (context) => {
  if (process.platform !== "linux")
    context.skip("one machine needs many loopback addresses for this, and Linux has them");
  const server = start("slowloris/server.mjs", SPEED);
  const { port } = await server.answer<{ port: number }>();
  const honest = start("slowloris/honest.mjs", port, HONEST, 100);
  await honest.answer();
  const attackers = start("slowloris/attackers.mjs", port, ATTACKERS, BYTE_EVERY_MS);
  await attackers.answer();

  // Only now and then: whoever looks takes time from those who are looked at.
  await expect
    .poll(() => attackers.answer<Attack>("how"), { timeout: 60_000, interval: 500 })
    .toMatchObject({ opened: ATTACKERS, ended: ATTACKERS, failed: 0 });
  const { answered, mostOpen } = await attackers.answer<Attack>("how");
  const { open, errors } = await server.answer<Served>("what");
  const fared = await honest.answer<{ asked: number; answered: number; lost: number }>("stop");

  // Half of them had one question answered before they began to dribble.
  expect(answered).toBe(ATTACKERS / 2);
  expect(mostOpen).toBeGreaterThan(ATTACKERS / 10);
  expect(errors).toMatchObject({ FRAME_TIMEOUT: ATTACKERS });
  expect(open).toBe(HONEST);
  expect(fared).toMatchObject({ answered: fared.asked, lost: 0 });
  expect(fared.asked).toBeGreaterThan(5 * HONEST);
});
