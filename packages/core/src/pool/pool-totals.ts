/** What has happened in a pool since it was made. */
import type { PoolCloseReason } from "./pool-place.js";

export interface PoolTotals {
  /** Channels connected. */
  readonly created: number;
  /** Attempts to connect that failed. */
  readonly failed: number;
  /** Channels given to callers. */
  readonly acquired: number;
  /** Channels that have ended, by what ended them. */
  readonly closed: Readonly<Record<PoolCloseReason, number>>;
}

/** The totals while they grow. */
export class PoolTally {
  created = 0;
  failed = 0;
  acquired = 0;
  readonly closed: Record<PoolCloseReason, number> = {
    idle: 0,
    lifetime: 0,
    unhealthy: 0,
    discarded: 0,
    shutdown: 0,
    lost: 0,
  };

  snapshot(): PoolTotals {
    const { created, failed, acquired, closed } = this;
    return { created, failed, acquired, closed: { ...closed } };
  }
}
