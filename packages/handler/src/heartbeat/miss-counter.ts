/**
 * The counter scheme: a counter of misses is raised at regular times and set back by whatever arrives.
 *
 * ```
 *   heard ▮ · · 3 s · · 1 · · 3 s · · 2 · · 3 s · · 3 ▮ 0 …         five in a row: out
 * ```
 */
import type { HeartbeatHandlerOptions } from "./heartbeat-options.js";

export interface MissCounterOptions {
  /** Milliseconds of silence that count as one miss. @default 3_000 */
  readonly everyMs?: number;
  /** @default 5 */
  readonly maxMissed?: number;
}

/**
 * Options for a server's `HeartbeatHandler` that only listens: no ping, no grace. The client has to send something,
 * a heartbeat or not, at least once in `everyMs * maxMissed`. Add a protocol if its heartbeats are to be answered.
 *
 * @example
 * ```ts
 * pipeline.addLast(new HeartbeatHandler({ ...missCounter(), protocol: textHeartbeat() }));
 * ```
 */
export function missCounter(options: MissCounterOptions = {}) {
  const { everyMs = 3_000, maxMissed = 5 } = options;
  return { side: "server", pings: "client", intervalMs: 0, timeoutMs: everyMs, maxMissed } as const satisfies Pick<
    HeartbeatHandlerOptions,
    "side" | "pings" | "intervalMs" | "timeoutMs" | "maxMissed"
  >;
}
