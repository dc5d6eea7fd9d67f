import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChaosProxy } from "./chaos-proxy/chaos-proxy.js";
import { FAULTS, type Fault, isStrike } from "./chaos-proxy/fault.js";
import { outcomeTable, type Tally } from "./chaos-proxy/outcome-table.js";

/** SLUICE_SEED repeats a run. */
const SEED = Number(process.env.SLUICE_SEED ?? Date.now() % 1_000_000);
const KINDS = ["in order", "by id"] as const;
const LANES = 5;
/** 8 faults, 2 kinds, 5 lanes: 10 000 requests. */
const REQUESTS_PER_LANE = 125;
const HEARTBEAT = { intervalMs: 500, timeoutMs: 2500 };
const PATIENCE = { shortMs: 100, longMs: 8000 };
/** On top of a request's timeout: what a busy machine may add to a tick of the clock. */
const GRACE_MS = 3000;

interface Holdings {
  readonly open?: number;
  readonly sockets: number;
  readonly hostTimers: number;
  readonly timeouts: number;
  readonly unhandled: readonly string[];
  /** How many channels failed with what. */
  readonly errors?: Readonly<Record<string, number>>;
}

describe("ten thousand requests through a proxy that does every kind of harm", () => {
  const proxies: ChaosProxy[] = [];
  let server: ChildProcess;
  let client: ChildProcess;
  let before: { readonly server: Holdings; readonly client: Holdings };
  let tallies: readonly Tally[];

  beforeAll(async () => {
    server = fork(script("server.mjs"), [JSON.stringify(HEARTBEAT)]);
    client = fork(script("client.mjs"));
    const [ports] = await Promise.all([answer<Record<string, number>>(server), answer(client)]);
    before = { server: await measure(server), client: await measure(client) };
    const routes = [];
    for (const fault of FAULTS) {
      for (const kind of KINDS) {
        const proxy = await ChaosProxy.listen({ fault, port: ports[kind] as number, seed: SEED + proxies.length });
        proxies.push(proxy);
        routes.push({ fault, kind, port: proxy.port, isSlow: fault === "delay" || fault === "trickle" });
      }
    }
    client.send({
      ...{ routes, lanes: LANES, requestsPerLane: REQUESTS_PER_LANE },
      ...{ heartbeat: HEARTBEAT, patience: PATIENCE, seed: SEED },
    });
    tallies = await answer<readonly Tally[]>(client);
    process.stdout.write(`\nchaos, SLUICE_SEED=${SEED}\n${outcomeTable(tallies)}\n`);
  }, 90_000);

  afterAll(async () => {
    client.kill();
    server.kill();
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  });

  it("ends each request in one way, in time", () => {
    expect(sum(tallies, "made")).toBe(10_000);
    for (const { made, answered, timedOut, failed, wrong, ...tally } of tallies) {
      expect(answered + timedOut + failed + wrong, told(tally)).toBe(made);
      expect(tally.overdueMs, told(tally)).toBeLessThan(GRACE_MS);
    }
  });

  it("gives every answer to the request it belongs to, late ones to none", () => {
    for (const tally of tallies) expect(tally, told(tally)).toMatchObject({ wrong: 0, unexpected: 0 });
    // Requests were given up whose answers came, and the answers behind those found their own.
    expect(sum(tallies, "late")).toBeGreaterThan(0);
  });

  it.each(FAULTS)("does by %s the harm it is there for, and no other", (fault) => {
    for (const tally of tallies.filter((one) => one.fault === fault)) {
      const unexpected = Object.keys(tally.codes).filter((code) => !CODES[fault].includes(code));
      expect(unexpected, told(tally)).toEqual([]);
      expect(tally.answered, told(tally)).toBeGreaterThan(0);
      if (isStrike(fault)) {
        expect(tally.failed, told(tally)).toBeGreaterThan(0);
        expect(tally.connections, told(tally)).toBeGreaterThan(LANES);
      } else expect(tally, told(tally)).toMatchObject({ failed: 0, connections: LANES });
      if (fault === "delay" || fault === "trickle") expect(tally.timedOut, told(tally)).toBeGreaterThan(0);
    }
  });

  it("leaves no socket, timer or channel behind, and no error nobody handled", { timeout: 30_000 }, async () => {
    // A hole keeps a connection from hearing of the other side's end: the server's heartbeat ends it.
    const patience = { timeout: 2 * (HEARTBEAT.intervalMs + HEARTBEAT.timeoutMs) + GRACE_MS, interval: 100 };
    const nothing = { sockets: 0, hostTimers: 0, timeouts: 0, unhandled: [] };
    expect(before).toMatchObject({ server: nothing, client: nothing });
    await expect.poll(() => measure(server), patience).toMatchObject({ ...nothing, open: 0 });
    await expect.poll(() => measure(client), patience).toMatchObject(nothing);
    await expect.poll(() => sum(proxies, "open"), patience).toBe(0);
    const { errors = {} } = await measure(server);
    expect(Object.keys(errors).sort()).toEqual(["CONNECTION_RESET", "FRAME_TRUNCATED", "HEARTBEAT_TIMEOUT"]);
  });
});

/** What a request may fail with: its own deadline, or the end of its channel with what ended it. */
const CLOSED = ["CHANNEL_CLOSED", "CHANNEL_CLOSED < FRAME_TRUNCATED"];
const CODES: Record<Fault, readonly string[]> = {
  none: [],
  delay: ["REQUEST_TIMEOUT"],
  trickle: ["REQUEST_TIMEOUT"],
  "re-chunk": [],
  cut: [...CLOSED, "CHANNEL_CLOSED < CONNECTION_RESET"],
  "half-close": [...CLOSED, "CHANNEL_CLOSED < CONNECTION_RESET"],
  reset: [...CLOSED, "CHANNEL_CLOSED < CONNECTION_RESET"],
  // The server may be the first to notice; where its direction is open, its end arrives.
  "black-hole": [...CLOSED, "CHANNEL_CLOSED < CONNECTION_RESET", "CHANNEL_CLOSED < HEARTBEAT_TIMEOUT"],
};

function told(tally: { readonly fault: string; readonly kind: string }): string {
  return `${tally.fault}, ${tally.kind}, SLUICE_SEED=${SEED}`;
}

function sum<Name extends string>(all: readonly { readonly [name in Name]: number }[], name: Name): number {
  return all.reduce((total, one) => total + one[name], 0);
}

function measure(from: ChildProcess): Promise<Holdings> {
  from.send("measure");
  return answer<Holdings>(from);
}

async function answer<T>(from: ChildProcess): Promise<T> {
  return (await once(from, "message"))[0] as T;
}

function script(name: string): string {
  return fileURLToPath(new URL(`chaos-proxy/${name}`, import.meta.url));
}
