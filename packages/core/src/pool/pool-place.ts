/**
 * One of the places of a pool, of which there are `maxConnections`: taken from the first attempt to connect until the
 * channel is over.
 *
 * ```
 *   connecting ──────┬──────────────▶ leased ◀──────────────┐ somebody waits
 *       │            │                  │ │                 │
 *       │            │         released │ └─ discarded ─┐   │
 *       │            ▼                  ▼               │   │
 *       │          idle ◀────────── returning ──────────┼───┤
 *       │            │                  │ not healthy   │   │
 *       │      taken ├─ too long, old ──┼───────┐       │   │
 *       │            ▼                  ▼       ▼       ▼   │
 *       │         checking ────────▶ closing ◀──────────┘   │
 *       │            └────────────── healthy ───────────────┘
 *       └── failed ──▶ gone ◀─────── the channel is over, from any state
 * ```
 */
import type { Channel } from "../channel.js";
import type { Timeout } from "../clock.js";
import type { ChannelLease } from "./channel-lease.js";
import type { PoolWaiter } from "./pool-waiter.js";

export type PoolPlaceState = "connecting" | "checking" | "leased" | "returning" | "idle" | "closing" | "gone";

/**
 * Why a channel of a pool has ended.
 *
 * - `idle`: nobody wanted it for `idleTimeoutMs`.
 * - `lifetime`: it was older than `maxLifetimeMs`.
 * - `unhealthy`: a check said so, failed, or took too long.
 * - `discarded`: its holder gave it back as not to be used again.
 * - `shutdown`: the pool has closed.
 * - `lost`: its peer or its holder closed it, or it broke.
 */
export type PoolCloseReason = "idle" | "lifetime" | "unhealthy" | "discarded" | "shutdown" | "lost";

export class PoolPlace {
  state: PoolPlaceState = "connecting";
  /** Whom it is meant for while it is connecting or being checked. */
  waiter: PoolWaiter | undefined;
  /** Why the pool closes it; "lost" when the pool does not. */
  reason: PoolCloseReason = "lost";
  idleSince = 0;
  /** Older than allowed; whoever holds it may finish. */
  expired = false;
  previous: PoolPlace | undefined;
  next: PoolPlace | undefined;

  // What follows is the pool's; the machine does not look at it.
  channel: Channel | undefined;
  lease: ChannelLease | undefined;
  lifetime: Timeout | undefined;
}
