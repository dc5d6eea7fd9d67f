/**
 * Workers over `node:cluster`: processes that run this program again and share its ports.
 *
 * The primary accepts and hands connections out in turn (`SCHED_RR`, everywhere: Node's own default is another one on
 * Windows). A worker that is closing gives back what it is handed. Node's cluster ends a worker whose primary is gone.
 */
import cluster, { type Worker } from "node:cluster";
import { availableParallelism } from "node:os";
import process from "node:process";
import type { PrimaryLink, WorkerHost, WorkerProcess, WorkerSignals, WorkerStart } from "@sluice/core";

export const clusterHost: WorkerHost = {
  get primary(): PrimaryLink | undefined {
    return link;
  },

  get cores(): number {
    return availableParallelism();
  },

  fork(start: WorkerStart, signals: WorkerSignals): WorkerProcess {
    cluster.schedulingPolicy = cluster.SCHED_RR;
    let worker: Worker;
    try {
      if (!cluster.isPrimary) throw new Error("this process is a worker of another cluster");
      worker = cluster.fork({ [START]: JSON.stringify(start) });
    } catch (error) {
      queueMicrotask(() => signals.exited({ error: error as Error }));
      return { pid: undefined, send: () => {}, kill: () => {} };
    }
    worker.on("message", (message) => signals.message(message));
    tellExit(worker, signals);
    return {
      pid: worker.process.pid,
      send: (message) => {
        // The callback takes what would otherwise be an `error` event: it has gone meanwhile, and that is told anyway.
        if (worker.isConnected()) worker.process.send?.(message as object, () => {});
      },
      kill: () => void worker.process.kill("SIGKILL"),
    };
  },

  keepRunning(): () => void {
    const timer = setInterval(() => {}, LONG_MS);
    return () => clearInterval(timer);
  },

  onStopSignal(listener: () => void): () => void {
    for (const signal of STOP_SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of STOP_SIGNALS) process.off(signal, listener);
    };
  },
};

/** Once it has exited and everything it sent has been read: the two come in any order. */
function tellExit(worker: Worker, signals: WorkerSignals): void {
  let exit: { readonly code?: number; readonly signal?: string } | undefined;
  let isOver = false;
  const over = (how: Parameters<WorkerSignals["exited"]>[0]): void => {
    if (isOver) return;
    isOver = true;
    signals.exited(how);
  };
  worker.process.on("exit", (code: number | null, signal: string | null) => {
    exit = signal === null ? { code: code ?? 0 } : { signal };
    if (!worker.process.connected) over(exit);
  });
  worker.process.on("disconnect", () => {
    if (exit !== undefined) over(exit);
  });
  // Later errors are those of messages and of signals to a process that is just ending.
  worker.process.on("error", (error) => {
    if (worker.process.pid === undefined) over({ error });
  });
}

function primaryLink(): PrimaryLink | undefined {
  const { worker } = cluster;
  const start = process.env[START];
  if (worker === undefined || start === undefined) return undefined;
  // The processes a worker starts are no workers of ours.
  delete process.env[START];
  return {
    start: JSON.parse(start) as WorkerStart,
    send: (message) =>
      new Promise((resolve) => {
        if (!process.connected) resolve();
        else process.send?.(message, undefined, undefined, () => resolve());
      }),
    onMessage: (listener) => void process.on("message", listener),
    leave: () => {
      if (process.connected) worker.disconnect();
    },
    ignoreStopSignals: () => {
      for (const signal of STOP_SIGNALS) process.on(signal, () => {});
    },
  };
}

/** The variable that tells a worker of ours from one of somebody else's cluster, and what it starts with. */
const START = "SLUICE_WORKER";
const LONG_MS = 3_600_000;
const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;
const link = primaryLink();
