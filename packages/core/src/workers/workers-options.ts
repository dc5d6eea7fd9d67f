import { SluiceError } from "@sluice/buffer";
import type { ShutdownOptions } from "../server-shutdown.js";

/** How a server is spread over processes. */
export interface WorkersOptions {
  /** Processes that serve, from 1 to 1024. @default as many as there are cores */
  readonly count?: number;
  /**
   * Who gives connections to workers. `round-robin`: the primary accepts and deals them out in turn, none is lost when a
   * worker ends. `reuse-port`: each worker listens for itself and the system chooses, which spares the primary and, when a
   * worker ends, loses those it has not accepted yet; OPTION_UNSUPPORTED where the transport has no SO_REUSEPORT.
   * @default "round-robin"
   */
  readonly scheduling?: "round-robin" | "reuse-port";
  /**
   * Lets the primary answer SIGTERM and SIGINT: the first begins `shutdown`, the second cuts it short. The workers, who may
   * get the same signal from a terminal or a service manager, leave it to the primary.
   * @default false
   */
  readonly signals?: boolean;
  /** How workers end unless `shutdown` or `reload` is told otherwise. @default that of a server's `shutdown` */
  readonly shutdown?: Pick<ShutdownOptions, "quietMs" | "timeoutMs">;
  /** Milliseconds from the start of a worker until its server has to be bound; then it is killed. @default 30 000 */
  readonly startTimeoutMs?: number;
  /** Milliseconds a worker has, when its server is over, for what else it has to end; then it is killed. @default 5000 */
  readonly exitTimeoutMs?: number;
  /** Milliseconds before a worker that died is started again; twice as long after each further death. @default 100 */
  readonly restartDelayMs?: number;
  /** The longest such wait. @default 30 000 */
  readonly maxRestartDelayMs?: number;
  /** Restarts of one worker in a row; at its next death it is given up with WORKER_FAILED. @default 5 */
  readonly maxRestarts?: number;
  /** Milliseconds a worker has to have served for its earlier deaths to be forgotten. @default 10 000 */
  readonly stableMs?: number;
  /** Milliseconds between two counts of what the workers do; 0 to count on demand only. @default 5000 */
  readonly reportIntervalMs?: number;
}

export type ResolvedWorkersOptions = ReturnType<typeof workersOptions>;

/** The options with what was left out. @throws INVALID_ARGUMENT */
export function workersOptions(given: number | WorkersOptions, cores: number) {
  const options = { ...DEFAULTS, count: cores, ...(typeof given === "number" ? { count: given } : given) };
  integer("count", options.count, 1, MAX_WORKERS);
  integer("maxRestarts", options.maxRestarts, 0, Number.MAX_SAFE_INTEGER);
  for (const name of TIMES) milliseconds(name, options[name]);
  milliseconds("shutdown.quietMs", options.shutdown.quietMs ?? 0);
  milliseconds("shutdown.timeoutMs", options.shutdown.timeoutMs ?? 0);
  if (options.scheduling !== "round-robin" && options.scheduling !== "reuse-port") {
    throw new SluiceError(
      "INVALID_ARGUMENT",
      `scheduling must be round-robin or reuse-port, not ${options.scheduling}`,
    );
  }
  return options;
}

function integer(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const detail = `${name} must be a whole number from ${least} to ${most}, not ${value}`;
  throw new SluiceError("INVALID_ARGUMENT", detail, { limit: most });
}

function milliseconds(name: string, value: number): void {
  // Written so that NaN fails it too.
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a finite number of milliseconds, not ${value}`);
}

/** More processes than any machine has cores today; a slip such as a port in the place of the count is caught. */
const MAX_WORKERS = 1024;

const TIMES = [
  "startTimeoutMs",
  "exitTimeoutMs",
  "restartDelayMs",
  "maxRestartDelayMs",
  "stableMs",
  "reportIntervalMs",
] as const;

const DEFAULTS = {
  scheduling: "round-robin" as "round-robin" | "reuse-port",
  signals: false,
  shutdown: {} as Pick<ShutdownOptions, "quietMs" | "timeoutMs">,
  startTimeoutMs: 30_000,
  exitTimeoutMs: 5000,
  restartDelayMs: 100,
  maxRestartDelayMs: 30_000,
  maxRestarts: 5,
  stableMs: 10_000,
  reportIntervalMs: 5000,
};
