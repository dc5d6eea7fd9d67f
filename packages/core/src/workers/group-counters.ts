import { addCounters, type ServerCounters } from "./server-counters.js";

/** One worker process as the primary knows it. */
export interface WorkerStatus {
  /** Its place in the group, from 1; while it is being replaced two processes have the same. */
  readonly number: number;
  /** The id of its process; undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly state: "starting" | "ready" | "ending" | "gone";
  /** What it told last. */
  readonly counters: ServerCounters;
}

/** What a group of workers does. */
export interface GroupCounters {
  /** Of all workers there are and have been. What one did between its last count and a violent end is missing. */
  readonly total: ServerCounters;
  /** Those there are. */
  readonly workers: readonly WorkerStatus[];
  /** Workers that did not answer in time; their counters are older. */
  readonly unanswered: number;
}

export function groupCounters(gone: ServerCounters, workers: readonly WorkerStatus[], unanswered = 0): GroupCounters {
  const total = workers.reduce((sum, { counters }) => addCounters(sum, counters), gone);
  return { total, workers, unanswered };
}
