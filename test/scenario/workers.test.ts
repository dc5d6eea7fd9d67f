/** A server in several processes under clients that never stop asking. */
import { once } from "node:events";
import { createServer } from "node:net";
import { connect } from "node:tls";
import type { GroupCounters, WorkerStatus } from "sluice";
import { expect, it, onTestFinished } from "vitest";
import { TestCertificates } from "../contracts/tls/test-certificates.js";
import { ChildScript } from "./child-script.js";

interface Told {
  readonly event: string;
  readonly number: number;
  readonly pid?: number;
  readonly reason?: string;
  readonly delayMs?: number;
}

interface Counts {
  readonly opened: number;
  readonly open: number;
  /** Connections that never were. */
  readonly refused: number;
  /** Connections that ended without our having ended them. */
  readonly broken: number;
  readonly brokenOf: Record<number, number>;
  readonly goodbyes: number;
  readonly asked: number;
  readonly answered: number;
  readonly answeredBy: Record<number, number>;
  /** Questions whose connection ended before the answer. */
  readonly lost: number;
  readonly wrong: number;
}

const CLIENTS = 30;
const OPTIONS = { count: 3, restartDelayMs: 50, reportIntervalMs: 0, shutdown: { quietMs: 300, timeoutMs: 10_000 } };

function start(script: string, ...args: (string | number)[]): ChildScript {
  const child = new ChildScript(`workers/${script}`, ...args);
  onTestFinished(() => child.kill());
  return child;
}

async function scene() {
  const server = start("server.mjs", JSON.stringify(OPTIONS));
  const { port, workers } = await server.answer<{ port: number; workers: WorkerStatus[] }>();
  const clients = start("clients.mjs", port, CLIENTS);
  await clients.answer();
  const pids = workers.map(({ pid }) => pid as number);
  const counts = () => clients.answer<Counts>("counts");
  const count = async () => (await server.answer<{ count: GroupCounters }>("count")).count;
  const events = async () => (await server.answer<{ events: Told[] }>("events")).events;
  /** Until each of these processes has answered. */
  const allAnswer = (pids: number[]) =>
    expect
      .poll(async () => Object.keys((await counts()).answeredBy).map(Number), { timeout: 15_000 })
      .toEqual(expect.arrayContaining(pids));
  /** Lets the clients end, and compares what both sides have counted. */
  const settle = async () => {
    await clients.answer("stop");
    await expect.poll(counts, { timeout: 10_000 }).toMatchObject({ open: 0 });
    await expect.poll(async () => (await count()).total.connections, { timeout: 10_000 }).toBe(0);
    return { counts: await counts(), total: (await count()).total };
  };
  return { server, pids, counts, count, events, allAnswer, settle };
}

it("a worker that is killed takes its own connections with it, and comes back", async () => {
  const { pids, counts, count, events, allAnswer, settle } = await scene();
  await allAnswer(pids);
  await expect
    .poll(count)
    .toMatchObject({ total: { connections: CLIENTS, accepted: CLIENTS }, unanswered: 0, workers: [{}, {}, {}] });
  const before = await count();
  const [, victim] = pids as [number, number, number];
  const its = before.workers[1]?.counters.connections as number;
  process.kill(victim, "SIGKILL");

  const back = async () => (await events()).findLast(({ event, number }) => event === "ready" && number === 2)?.pid;
  await expect.poll(back, { timeout: 15_000 }).toBeTypeOf("number");
  expect(await events()).toEqual([
    { event: "died", number: 2, pid: victim, reason: `worker 2 (process ${victim}) was ended by SIGKILL` },
    { event: "restarting", number: 2, delayMs: 50 },
    { event: "started", number: 2, pid: await back() },
    { event: "ready", number: 2, pid: await back() },
  ]);
  const answered = (await counts()).answered;
  await expect.poll(async () => (await counts()).answered, { timeout: 10_000 }).toBeGreaterThan(answered + 500);

  const { counts: at, total } = await settle();
  expect(at).toMatchObject({ brokenOf: { [victim]: its }, broken: its, refused: 0, wrong: 0 });
  expect(at.lost).toBeLessThanOrEqual(its);
  expect(at.opened).toBe(CLIENTS + its);
  expect(total).toMatchObject({ accepted: at.opened, refused: 0 });
});

it("a reload replaces one worker after the other and loses no request", async () => {
  const { server, pids, events, allAnswer, settle } = await scene();
  await allAnswer(pids);
  const { reload } = await server.answer<{ reload: { departed: number; closed: number; forced: number } }>("reload");
  expect(reload.forced).toBe(0);
  const told = await events();
  expect(told.map(({ event, number }) => `${event} ${number}`)).toEqual(
    [1, 2, 3].flatMap((number) => [`started ${number}`, `ready ${number}`, `stopped ${number}`]),
  );
  const fresh = told.filter(({ event }) => event === "ready").map(({ pid }) => pid as number);
  expect(fresh.filter((pid) => pids.includes(pid))).toEqual([]);
  await allAnswer(fresh.slice(0, 2));

  const { counts: at, total } = await settle();
  expect(at).toMatchObject({ lost: 0, broken: 0, refused: 0, wrong: 0, asked: at.answered });
  expect(at.goodbyes).toBeGreaterThanOrEqual(CLIENTS);
  expect(total).toMatchObject({ accepted: at.opened, refused: 0 });
  // Six bytes at least for each question, and all that was answered went out.
  expect(total.bytesRead).toBeGreaterThan(at.answered * 3);
  expect(total.bytesWritten).toBeGreaterThan(total.bytesRead);

  await server.answer("shutdown");
  expect((await server.exit())[0]).toBe(0);
});

it("workers speak TLS as well", async (context) => {
  const { missing } = TestCertificates;
  if (missing !== undefined) return context.skip(missing);
  using certificates = new TestCertificates();
  const { cert, key } = certificates.localhost;
  const server = start("server.mjs", JSON.stringify({ ...OPTIONS, count: 2 }), JSON.stringify({ cert, key }));
  const { port, workers } = await server.answer<{ port: number; workers: WorkerStatus[] }>();
  const pids = new Set<string>();
  for (let i = 0; i < 10 && pids.size < 2; i++) {
    const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: certificates.authority.cert });
    socket.write("hello\n");
    const [answer] = await once(socket, "data", { signal: AbortSignal.timeout(5000) });
    pids.add(String(answer).split(" ")[0] as string);
    socket.destroy();
  }
  expect([...pids].sort()).toEqual(workers.map(({ pid }) => String(pid)).sort());
});

it("a worker whose primary is killed ends", async () => {
  const { server, pids } = await scene();
  await server.kill();
  const alive = () => pids.filter(isAlive);
  await expect.poll(alive, { timeout: 10_000 }).toEqual([]);
});

it.each([
  ["exits", /^worker [12] died 3 times in a row: worker [12] \(process \d+\) ended with code 3$/],
  ["hangs", /^worker [12] died 1 times in a row: worker [12] \(process \d+\) was not ready after 2000 ms$/],
])("a worker that %s before it serves is given up with WORKER_FAILED", async (how, message) => {
  const primary = start("cannot-start.mjs", how, 0);
  expect(await primary.answer()).toEqual({ code: "WORKER_FAILED", message: expect.stringMatching(message) });
  expect((await primary.exit())[0]).toBe(0);
});

it("an address that is taken is told by the primary, before there are workers", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const primary = start("cannot-start.mjs", "serves", port);
  expect(await primary.answer()).toMatchObject({ code: "ADDRESS_IN_USE" });
});

it("the system deals connections out where Node lets it, and nowhere else", async () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const canShare = process.platform === "linux" && (major > 22 || (major === 22 && minor >= 12));
  const primary = start("cannot-start.mjs", "shares", 0);
  expect(await primary.answer()).toMatchObject(canShare ? { workers: 2 } : { code: "OPTION_UNSUPPORTED" });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
