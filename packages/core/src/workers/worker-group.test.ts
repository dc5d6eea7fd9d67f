import { describe, expect, it } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { ScriptedHost, type ScriptedWorker } from "../../fixtures/scripted-workers.js";
import { ManualClock } from "../embedded/index.js";
import { ServerBootstrap, WorkerGroup, type WorkersOptions } from "../index.js";
import { local } from "../local/index.js";

const code = (code: string) => expect.objectContaining({ code });
const OVER = { departed: 1, closed: 2, forced: 0 };
const counters = (connections: number, accepted: number) => ({
  connections,
  accepted,
  refused: 0,
  bytesRead: 10 * accepted,
  bytesWritten: 20 * accepted,
});

function scene(options: WorkersOptions = {}, signal?: AbortSignal) {
  const host = new ScriptedHost();
  const clock = new ManualClock();
  const binding = new ServerBootstrap()
    .transport({ ...local(), workers: host })
    .clock(clock)
    .workers({ reportIntervalMs: 0, ...options })
    .childHandler(() => {})
    .bind({ local: "server", ...(signal === undefined ? {} : { signal }) }) as Promise<WorkerGroup>;
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  return { host, clock, binding, pass };
}

/** A group whose two workers, 101 and 102, are ready, and what it has told since. */
async function running(options: WorkersOptions = {}) {
  const { host, binding, ...rest } = scene(options);
  await turn();
  for (const worker of host.workers) worker.ready();
  const group = await binding;
  const told: string[] = [];
  for (const event of ["started", "ready", "died", "stopped"] as const) {
    group.on(event, ({ number, pid }) => void told.push(`${event} ${number} ${pid}`));
  }
  group.on("restarting", (number, delayMs) => told.push(`restarting ${number} in ${delayMs}`));
  group.on("close", (cause) => told.push(`close ${cause?.code}`));
  return { host, group, told, ...rest };
}

/** Does what a worker does that is told to shut down. */
function obey(worker: ScriptedWorker, report = OVER): void {
  expect(worker.sent.at(-1)).toMatchObject({ sluice: "shut down" });
  worker.tell({ sluice: "over", report, counters: counters(0, 3) });
  worker.exit({ code: 0 });
}

/** What a promise has come to, without waiting for it. */
function outcome(promise: Promise<unknown>): { value?: unknown } {
  const result: { value?: unknown } = {};
  promise.then(
    (value) => Object.assign(result, { value }),
    (value) => Object.assign(result, { value }),
  );
  return result;
}

describe("a group that starts", () => {
  it("is there when all workers serve", async () => {
    const { host, binding } = scene({ count: 3 });
    const bound = outcome(binding);
    await turn();
    expect(host.workers.map(({ start }) => start)).toEqual([1, 2, 3].map((number) => ({ number, port: undefined })));
    host.at(103).ready();
    host.at(101).ready();
    await turn();
    expect(bound.value).toBeUndefined();
    host.at(102).ready();
    const group = await binding;
    expect(group).toBeInstanceOf(WorkerGroup);
    expect([group.localAddress, group.isOpen, host.isHeld]).toEqual([{ local: "server" }, true, true]);
    expect(group.workers.map(({ number, pid, state }) => [number, pid, state])).toEqual([
      [1, 101, "ready"],
      [2, 102, "ready"],
      [3, 103, "ready"],
    ]);
  });

  it("fails with WORKER_FAILED when one dies again and again, and leaves none", async () => {
    const { host, binding, pass } = scene({ maxRestarts: 1, restartDelayMs: 50 });
    const bound = outcome(binding);
    await turn();
    host.at(101).ready();
    host.at(102).exit({ code: 7 });
    await pass(50);
    host.at(103).exit({ signal: "SIGSEGV" });
    await turn();
    expect([host.at(101).isKilled, bound.value]).toEqual([true, undefined]);
    host.at(101).exit({ signal: "SIGKILL" });
    await turn();
    expect(bound.value).toEqual(code("WORKER_FAILED"));
    expect((bound.value as Error).message).toBe(
      "worker 2 died 2 times in a row: worker 2 (process 103) was ended by SIGSEGV",
    );
    expect([host.isHeld, host.workers.length]).toEqual([false, 3]);
  });

  it("fails at once with what the bind of a worker failed with", async () => {
    const { host, binding } = scene();
    await turn();
    host.at(101).tell({ sluice: "failed", code: "ADDRESS_IN_USE", detail: "taken" });
    host.at(101).exit();
    await turn();
    host.at(102).exit();
    await expect(binding).rejects.toEqual(code("ADDRESS_IN_USE"));
  });

  it("kills a worker that could not bind and does not end", async () => {
    const { host, binding, pass } = scene({ count: 1, exitTimeoutMs: 40, maxRestarts: 0 });
    await turn();
    host.at(101).tell({ sluice: "failed", code: "NO_CODE_OF_OURS", detail: "handlers" });
    await pass(40);
    expect(host.at(101).isKilled).toBe(true);
    host.at(101).exit({ signal: "SIGKILL" });
    await expect(binding).rejects.toThrow("worker 1 died 1 times in a row: handlers");
  });

  it("kills a worker that is not ready in time", async () => {
    const { host, binding, pass } = scene({ count: 1, startTimeoutMs: 300, maxRestarts: 0 });
    await turn();
    await pass(299);
    expect(host.at(101).isKilled).toBe(false);
    await pass(1);
    expect(host.at(101).isKilled).toBe(true);
    host.at(101).exit({ signal: "SIGKILL" });
    await expect(binding).rejects.toThrow("was not ready after 300 ms");
  });

  it("kills a worker that listens somewhere else", async () => {
    const { host, binding } = scene({ count: 1, maxRestarts: 0 });
    await turn();
    host.at(101).ready("local:elsewhere");
    host.at(101).exit({ signal: "SIGKILL" });
    await expect(binding).rejects.toThrow("listens on local:elsewhere, and the group on local:server");
  });

  it("stops when its signal says so", async () => {
    const abort = new AbortController();
    const { host, binding } = scene({ count: 1 }, abort.signal);
    const bound = outcome(binding);
    await turn();
    abort.abort();
    await turn();
    host.at(101).exit({ signal: "SIGKILL" });
    await turn();
    expect(bound.value).toEqual(code("ABORTED"));
  });

  it("is the only one of its program, until it is closed", async () => {
    const { host, group } = await running();
    const again = () =>
      new ServerBootstrap()
        .transport({ ...local(), workers: host })
        .workers(1)
        .childHandler(() => {})
        .bind({ local: "other" });
    await expect(again()).rejects.toEqual(code("INVALID_ARGUMENT"));
    group.closeForcibly();
    for (const worker of host.workers) worker.exit();
    await group.closed;
    const second = again();
    await turn();
    host.at(103).ready("local:other");
    await expect(second).resolves.toBeInstanceOf(WorkerGroup);
  });

  it("needs a transport that has workers, and an address that can be had", async () => {
    const bootstrap = new ServerBootstrap()
      .transport(local())
      .workers(2)
      .childHandler(() => {});
    await expect(bootstrap.bind({ local: "server" })).rejects.toEqual(code("OPTION_UNSUPPORTED"));
    await using _taken = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {})
      .bind({ local: "server" });
    const { host, binding } = scene();
    await expect(binding).rejects.toEqual(code("ADDRESS_IN_USE"));
    expect(host.workers).toEqual([]);
  });

  it.each([
    { count: 0 },
    { count: 1.5 },
    { count: 9000 },
    { maxRestarts: -1 },
    { stableMs: Number.NaN },
    { exitTimeoutMs: Number.POSITIVE_INFINITY },
    { shutdown: { quietMs: -1 } },
    { scheduling: "random" as "round-robin" },
  ])("refuses %o", async (options) => {
    await expect(scene(options).binding).rejects.toEqual(code("INVALID_ARGUMENT"));
  });
});

describe("a worker that dies", () => {
  it("is started again, later each time", async () => {
    const { host, group, told, pass } = await running({ restartDelayMs: 100 });
    host.at(102).exit({ signal: "SIGKILL" });
    await pass(99);
    expect([host.workers.length, group.workers.length]).toEqual([2, 1]);
    await pass(1);
    host.at(103).ready();
    host.at(103).exit();
    await pass(200);
    host.at(104).ready();
    expect(told).toEqual([
      ...["died 2 102", "restarting 2 in 100", "started 2 103", "ready 2 103"],
      ...["died 2 103", "restarting 2 in 200", "started 2 104", "ready 2 104"],
    ]);
  });

  it("is given up: an error if somebody listens, and the others go on", async () => {
    const { host, group, told } = await running({ maxRestarts: 0 });
    const errors: unknown[] = [];
    group.on("error", (error) => errors.push(error.code));
    host.at(101).exit();
    await turn();
    expect([errors, group.isOpen]).toEqual([["WORKER_FAILED"], true]);
    host.at(102).exit();
    await group.closed;
    expect([errors.length, group.closeCause]).toEqual([2, code("WORKER_FAILED")]);
    expect(told.at(-1)).toBe("close WORKER_FAILED");
  });

  it("is given up: the end of the group if nobody listens", async () => {
    const { host, group } = await running({ maxRestarts: 0, shutdown: { quietMs: 20 } });
    host.at(101).exit();
    await turn();
    expect(host.at(102).sent).toEqual([{ sluice: "shut down", quietMs: 20, timeoutMs: 10_000 }]);
    obey(host.at(102));
    await group.closed;
    expect(group.closeCause).toEqual(code("WORKER_FAILED"));
  });

  it("and whose server closed by itself is replaced; it has a while to end", async () => {
    const { host, told, pass } = await running({ exitTimeoutMs: 400 });
    host.at(101).tell({ sluice: "over", report: OVER, counters: counters(0, 3) });
    await pass(399);
    expect(host.at(101).isKilled).toBe(false);
    await pass(1);
    expect(host.at(101).isKilled).toBe(true);
    host.at(101).exit({ signal: "SIGKILL" });
    await pass(100);
    expect(told).toEqual(["died 1 101", "restarting 1 in 100", "started 1 103"]);
  });
});

describe("a reload", () => {
  it("replaces one after the other, each when its successor serves and it is gone", async () => {
    const { host, group, told } = await running();
    const reload = group.reload({ quietMs: 5, timeoutMs: 50 });
    expect(group.reload()).toBe(reload);
    await turn();
    expect([host.workers.length, host.at(101).sent]).toEqual([3, []]);
    host.at(103).ready();
    expect(host.at(101).sent).toEqual([{ sluice: "shut down", quietMs: 5, timeoutMs: 50 }]);
    await turn();
    expect(host.workers.length).toBe(3);
    obey(host.at(101));
    await turn();
    host.at(104).ready();
    obey(host.at(102));
    expect(await reload).toEqual({ departed: 2, closed: 4, forced: 0 });
    expect(told).toEqual([
      ...["started 1 103", "ready 1 103", "stopped 1 101"],
      ...["started 2 104", "ready 2 104", "stopped 2 102"],
    ]);
    expect(group.counters.total).toEqual(counters(0, 6));
  });

  it("that cannot replace one fails, and the old ones go on", async () => {
    const { host, group, told } = await running();
    const reload = outcome(group.reload());
    await turn();
    host.at(103).exit({ code: 1 });
    await turn();
    expect(reload.value).toEqual(code("WORKER_FAILED"));
    expect(group.workers.map(({ pid, state }) => [pid, state])).toEqual([
      [101, "ready"],
      [102, "ready"],
    ]);
    expect(told).toEqual(["started 1 103", "died 1 103"]);
  });

  it("goes on when an old one dies before its successor serves", async () => {
    const { host, group } = await running();
    const reload = outcome(group.reload());
    await turn();
    host.at(101).exit();
    host.at(103).ready();
    await turn();
    host.at(104).ready();
    obey(host.at(102));
    await turn();
    expect(reload.value).toEqual(OVER);
    expect(host.workers.length).toBe(4);
  });

  it("ends after the worker in hand when its signal says so, and with the group", async () => {
    const { host, group } = await running();
    const abort = new AbortController();
    const reload = outcome(group.reload({ signal: abort.signal }));
    await turn();
    abort.abort();
    host.at(103).ready();
    obey(host.at(101));
    await turn();
    expect([reload.value, host.workers.length]).toEqual([code("ABORTED"), 3]);
    const second = outcome(group.reload());
    await turn();
    void group.shutdown();
    await turn();
    expect(second.value).toEqual(code("WORKER_FAILED"));
    expect(host.at(104).isKilled).toBe(true);
  });
});

describe("a shutdown", () => {
  it("ends all at once and adds up", async () => {
    const { host, group, told } = await running({ shutdown: { quietMs: 7 } });
    const shutdown = group.shutdown({ timeoutMs: 70 });
    expect(group.shutdown({ quietMs: 9 })).toBe(shutdown);
    expect(group.isOpen).toBe(false);
    await turn();
    for (const worker of host.workers) {
      expect(worker.sent).toEqual([{ sluice: "shut down", quietMs: 7, timeoutMs: 70 }]);
      obey(worker);
    }
    expect(await shutdown).toEqual({ departed: 2, closed: 4, forced: 0 });
    await group.closed;
    expect([told.at(-1), group.workers, host.isHeld]).toEqual(["close undefined", [], false]);
  });

  it("kills who has not obeyed in time, and counts its connections as cut", async () => {
    const { host, group, pass } = await running({ count: 1, exitTimeoutMs: 30 });
    const counting = group.count();
    host.at(101).tell({ sluice: "counted", counters: counters(4, 9) });
    await counting;
    const shutdown = group.shutdown({ timeoutMs: 70 });
    await turn();
    await pass(99);
    expect(host.at(101).isKilled).toBe(false);
    await pass(1);
    expect(host.at(101).isKilled).toBe(true);
    host.at(101).exit({ signal: "SIGKILL" });
    expect(await shutdown).toEqual({ departed: 0, closed: 0, forced: 4 });
    expect(group.counters.total).toEqual({ ...counters(4, 9), connections: 0 });
  });

  it("is cut short by any of its signals", async () => {
    const { host, group, pass } = await running({ count: 1, exitTimeoutMs: 30 });
    const abort = new AbortController();
    void group.shutdown({ timeoutMs: 1000 });
    void group.shutdown({ signal: abort.signal });
    await turn();
    abort.abort();
    expect(host.at(101).sent.at(-1)).toEqual({ sluice: "cut" });
    await pass(30);
    expect(host.at(101).isKilled).toBe(true);
  });

  it("ends a wait for a restart", async () => {
    const { host, group, pass } = await running({ count: 1 });
    host.at(101).exit();
    await group.shutdown();
    await pass(1000);
    expect(host.workers.length).toBe(1);
  });

  it("is what the first signal of the system begins and the second cuts, if asked for", async () => {
    expect((await running()).host.stopSignal).toBeUndefined();
    const { host, group } = await running({ count: 1, signals: true });
    host.stopSignal?.();
    await turn();
    expect([group.isOpen, host.at(101).sent.length]).toEqual([false, 1]);
    host.stopSignal?.();
    expect(host.at(101).sent.at(-1)).toEqual({ sluice: "cut" });
    host.at(101).exit({ code: 0 });
    await group.closed;
    expect(host.stopSignal).toBeUndefined();
  });
});

describe("counters", () => {
  it("are asked for, of each and in all", async () => {
    const { host, group } = await running();
    const counting = group.count();
    expect(host.workers.map(({ sent }) => sent)).toEqual([[{ sluice: "count" }], [{ sluice: "count" }]]);
    host.at(101).tell({ sluice: "counted", counters: counters(1, 5) });
    host.at(102).tell({ sluice: "counted", counters: counters(2, 6) });
    const { total, workers, unanswered } = await counting;
    expect([total, unanswered]).toEqual([counters(3, 11), 0]);
    expect(workers.map((worker) => worker.counters)).toEqual([counters(1, 5), counters(2, 6)]);
  });

  it("keep what the dead have told", async () => {
    const { host, group, pass } = await running();
    const counting = group.count();
    host.at(101).tell({ sluice: "counted", counters: counters(1, 5) });
    host.at(102).exit();
    await counting;
    host.at(101).exit();
    await pass(100);
    for (const worker of host.workers.slice(2)) worker.ready();
    expect(group.counters.total).toEqual({ ...counters(0, 5) });
  });

  it("do not wait for a worker that is stuck, nor ask it twice", async () => {
    const { host, group, pass } = await running({ count: 1 });
    const counting = [group.count({ timeoutMs: 40 }), group.count({ timeoutMs: 40 }), group.count({ timeoutMs: 40 })];
    await pass(40);
    for (const { unanswered } of await Promise.all(counting)) expect(unanswered).toBe(1);
    expect(host.at(101).sent).toEqual([{ sluice: "count" }]);
    // Whoever asked while an answer was under way gets a newer one.
    host.at(101).tell({ sluice: "counted", counters: counters(1, 1) });
    await turn();
    expect(host.at(101).sent).toEqual([{ sluice: "count" }, { sluice: "count" }]);
  });

  it("can be waited for no longer", async () => {
    const { group } = await running();
    const abort = new AbortController();
    const counting = group.count({ signal: abort.signal });
    abort.abort();
    await expect(counting).rejects.toEqual(code("ABORTED"));
  });

  it("are told at an interval", async () => {
    const { host, group, pass } = await running({ count: 1, reportIntervalMs: 500 });
    const told: number[] = [];
    group.on("counted", ({ total }) => told.push(total.accepted));
    for (const accepted of [1, 2]) {
      await pass(500);
      host.at(101).tell({ sluice: "counted", counters: counters(0, accepted) });
      await turn();
    }
    expect(told).toEqual([1, 2]);
  });
});

it("a listener that throws is an error of the group", async () => {
  const { host, group } = await running();
  const errors: unknown[] = [];
  group.on("died", () => {
    throw new Error("listener");
  });
  group.on("error", ({ code, cause }) => errors.push(code, (cause as Error).message));
  host.at(101).exit();
  expect(errors).toEqual(["HANDLER_THREW", "listener"]);
  expect(group.isOpen).toBe(true);
});

it("messages of the program itself are left alone", async () => {
  const { host, group } = await running();
  for (const message of [undefined, null, "text", 7, { other: true }]) host.at(101).tell(message as unknown as object);
  expect(group.isOpen).toBe(true);
});
