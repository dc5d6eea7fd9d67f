import { describe, expect, it } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { counters, running } from "../../fixtures/workers-scene.js";

const code = (code: string) => expect.objectContaining({ code });

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
