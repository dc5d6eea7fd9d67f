/** Connections that come and go in every way there is, as fast as this machine can, against the hardened server. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { ChildScript } from "./child-script.js";
import { stormSeconds } from "./storm-length.js";

interface Holdings {
  readonly accepted: number;
  readonly errors: Record<string, number>;
  readonly open: number;
  readonly timers: number;
  readonly descriptors: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
const WARM_UP_SECONDS = 3;
/** What connections that break and peers that make no sense are worth; anything else would be a fault of the server. */
const EXPECTED_ERRORS = ["CONNECTION_RESET", "FRAME_TOO_LONG", "FRAME_TRUNCATED", "FRAME_TIMEOUT", "TRANSPORT_FAILED"];

const children: ChildScript[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));

it("a storm of connections leaves nothing behind, and who comes next is served", {
  timeout: (stormSeconds + 60) * 1000,
}, async () => {
  const server = new ChildScript("connection-storm/server.mjs");
  children.push(server);
  const { port } = await server.answer<{ port: number }>();
  const clients = new ChildScript("connection-storm/clients.mjs", port);
  children.push(clients);
  await clients.answer();

  // What is kept once per process (compiled code, tables that have grown) is there after a smaller storm.
  await clients.answer({ seconds: WARM_UP_SECONDS });
  const before = await settled(server);
  const counts = await clients.answer<Record<string, number>>({ seconds: stormSeconds });
  await expectToBeServed(port);
  const after = await settled(server);

  const { failed = 0, ...ways } = counts;
  const connected = Object.values(ways).reduce((sum, count) => sum + count, 0);
  for (const [way, count] of Object.entries(ways)) expect(count, way).toBeGreaterThan(0);
  expect(failed).toBeLessThan(connected / 100);
  // Some are reset before the system has handed them over.
  expect(after.accepted - before.accepted).toBeGreaterThan(connected * 0.99);
  expect(Object.keys(after.errors).filter((code) => !EXPECTED_ERRORS.includes(code))).toEqual([]);
  expect(after).toMatchObject({ open: 0, timers: before.timers, descriptors: before.descriptors });
  expect(after.bytes).toBeLessThan(before.bytes + 2 * MIB);
  console.info(`${connected} connections in ${stormSeconds} s; ${after.bytes - before.bytes} bytes more are held`);
});

/** What the server holds when every connection has ended, those included that linger for a moment. */
async function settled(server: ChildScript): Promise<Holdings> {
  await expect.poll(() => server.answer<Holdings>("what"), { timeout: 20_000 }).toMatchObject({ open: 0, timers: 0 });
  return server.answer<Holdings>("what");
}

async function expectToBeServed(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const question = Buffer.from(JSON.stringify({ id: 7, text: "and now?" }));
  const header = Buffer.alloc(4);
  header.writeUInt32BE(question.length);
  socket.write(Buffer.concat([header, question]));
  const [answer] = await once(socket, "data", { signal: AbortSignal.timeout(2000) });
  expect(JSON.parse((answer as Buffer).subarray(4).toString())).toEqual({ id: 7, shout: "AND NOW?" });
  socket.destroy();
}
