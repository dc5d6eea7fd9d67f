import { describe, expect, it } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { outcome, running, scene } from "../../fixtures/workers-scene.js";
import { ServerBootstrap, WorkerGroup } from "../index.js";
import { local } from "../local/index.js";

const code = (code: string) => expect.objectContaining({ code });

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
