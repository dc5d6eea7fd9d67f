import type { SluiceError } from "@sluice/buffer";
import type { GroupCounters, WorkerStatus } from "./group-counters.js";

/** What a group of workers tells. */
export interface WorkerGroupEvents {
  /** A process has been started. */
  started: [worker: WorkerStatus];
  /** Its server is bound. */
  ready: [worker: WorkerStatus];
  /** It ended without having been asked to; `reason` says how. */
  died: [worker: WorkerStatus, reason: SluiceError];
  /** In the place of one that died another will be started. */
  restarting: [number: number, delayMs: number];
  /** It ended as asked, by `reload` or `shutdown`. */
  stopped: [worker: WorkerStatus];
  /** All have been counted; at an interval. */
  counted: [counters: GroupCounters];
  /** A worker has been given up: the others go on. Or a listener threw. */
  error: [error: SluiceError];
  /** No process is left; the error, if any, is why. */
  close: [cause: SluiceError | undefined];
}
