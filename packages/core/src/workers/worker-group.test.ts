import { describe, expect, it } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { counters, OVER, obey, outcome, running } from "../../fixtures/workers-scene.js";

const code = (code: string) => expect.objectContaining({ code });

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
