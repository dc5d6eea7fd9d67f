/**
 * Decides who gets which channel of a pool, and which channels there are: the heart of a `ChannelPool`, without channel,
 * timer or promise.
 *
 * Every event leaves these true:
 *
 * - There are at most `maxConnections` places, a channel that is closing included.
 * - Whoever waits without a place under way waits because all places are taken and none is idle.
 * - A channel goes to whoever has waited longest, whomever it was connected for: places under way change hands.
 * - An attempt that fails fails the one it was under way for, and nobody else; if nobody was left, it fails nobody.
 *
 * Actions are to be performed in their order, when the event is over: each is already reflected in the state.
 */
import { SluiceError } from "@sluice/buffer";
import { LinkedList } from "./linked-list.js";
import { type PoolCloseReason, PoolPlace, type PoolPlaceState } from "./pool-place.js";
import type { PoolWaiter } from "./pool-waiter.js";
import { WaiterQueue } from "./waiter-queue.js";

export interface PoolMachineOptions {
  readonly maxConnections: number;
  readonly maxWaiting: number;
  readonly order: "lifo" | "fifo";
  /** 0 for never. */
  readonly idleTimeoutMs: number;
  readonly minIdle: number;
}

export type PoolAction =
  | { readonly do: "connect"; readonly place: PoolPlace }
  /** Find out whether the channel is fit: on its way out when it is `checking`, on its way back when `returning`. */
  | { readonly do: "check"; readonly place: PoolPlace }
  | { readonly do: "lease"; readonly place: PoolPlace; readonly waiter: PoolWaiter }
  /** For the `reason` of the place. */
  | { readonly do: "close"; readonly place: PoolPlace }
  | { readonly do: "refuse"; readonly waiter: PoolWaiter; readonly error: Error };

/** `dead`: the channel is closing by itself. */
export type PoolVerdict = "healthy" | "unhealthy" | "dead";

/** What a holder says of a channel it gives back. */
export type PoolReturn = "reusable" | "discarded" | "dead";

export class PoolMachine {
  readonly #options: PoolMachineOptions;
  readonly #waiters = new WaiterQueue();
  /** The one that has been idle longest comes first. */
  readonly #idle = new LinkedList<PoolPlace>();
  /** Under way for nobody: those they were meant for have got another channel, or have left. */
  readonly #spare = new Set<PoolPlace>();
  readonly #counts: Record<PoolPlaceState, number> = {
    connecting: 0,
    checking: 0,
    leased: 0,
    returning: 0,
    idle: 0,
    closing: 0,
    gone: 0,
  };
  #size = 0;
  #isClosed = false;

  constructor(options: PoolMachineOptions) {
    this.#options = options;
  }

  /** Places taken. */
  get size(): number {
    return this.#size;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When `evict` is due; undefined while there is nothing to evict. */
  get nextEviction(): number | undefined {
    const { idleTimeoutMs, minIdle } = this.#options;
    const oldest = this.#idle.first;
    if (idleTimeoutMs === 0 || oldest === undefined || this.#idle.size <= minIdle) return undefined;
    return oldest.idleSince + idleTimeoutMs;
  }

  count(state: PoolPlaceState): number {
    return this.#counts[state];
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

  acquire(waiter: PoolWaiter): PoolAction[] {
    const refuse = (error: Error): PoolAction[] => [{ do: "refuse", waiter, error }];
    if (this.#isClosed) return refuse(new SluiceError("POOL_CLOSED"));
    this.#waiters.add(waiter);
    const actions = this.#assign([]);
    const { maxWaiting: limit } = this.#options;
    if (waiter.place !== undefined || this.#waiters.uncovered <= limit) return actions;
    this.#waiters.remove(waiter);
    return refuse(new SluiceError("POOL_EXHAUSTED", `${limit} callers are waiting for a channel already`, { limit }));
  }

  /** A waiter has given up. */
  abandoned(waiter: PoolWaiter): PoolAction[] {
    if (!waiter.isWaiting) return [];
    const place = this.#waiters.remove(waiter);
    if (place !== undefined) this.#spare.add(place);
    return this.#assign([]);
  }

  connected(place: PoolPlace, now: number): PoolAction[] {
    return place.state === "connecting" ? this.#ready(place, now) : [];
  }

  connectFailed(place: PoolPlace, error: Error): PoolAction[] {
    if (place.state !== "connecting") return [];
    const actions: PoolAction[] = [];
    const { waiter } = place;
    if (waiter !== undefined) {
      this.#waiters.remove(waiter);
      actions.push({ do: "refuse", waiter, error });
    }
    this.#enter(place, "gone");
    return this.#assign(actions);
  }

  checked(place: PoolPlace, verdict: PoolVerdict, now: number): PoolAction[] {
    if (place.state !== "checking" && place.state !== "returning") return [];
    if (verdict === "healthy") return this.#ready(place, now);
    const actions = verdict === "dead" ? this.#dying(place) : this.#close(place, "unhealthy", []);
    return this.#assign(actions);
  }

  released(place: PoolPlace, how: PoolReturn): PoolAction[] {
    if (place.state !== "leased") return [];
    if (how === "dead") return this.#dying(place);
    if (how === "discarded") return this.#close(place, "discarded", []);
    if (this.#isClosed) return this.#close(place, "shutdown", []);
    if (place.expired) return this.#close(place, "lifetime", []);
    this.#enter(place, "returning");
    return [{ do: "check", place }];
  }

  /** The channel is over, whoever ended it. */
  ended(place: PoolPlace): PoolAction[] {
    if (place.state === "gone") return [];
    this.#enter(place, "gone");
    return this.#assign([]);
  }

  /** The channel is older than allowed: closed if nobody uses it, and otherwise when it comes back. */
  expired(place: PoolPlace): PoolAction[] {
    place.expired = true;
    return place.state === "idle" ? this.#close(place, "lifetime", []) : [];
  }

  evict(now: number): PoolAction[] {
    const actions: PoolAction[] = [];
    for (let due = this.nextEviction; due !== undefined && due <= now; due = this.nextEviction) {
      this.#close(this.#idle.first as PoolPlace, "idle", actions);
    }
    return actions;
  }

  /** What is leased, or under way, closes when it comes back. */
  close(): PoolAction[] {
    const actions: PoolAction[] = [];
    this.#isClosed = true;
    for (let waiter = this.#waiters.first; waiter !== undefined; waiter = this.#waiters.first) {
      this.#waiters.remove(waiter);
      actions.push({ do: "refuse", waiter, error: new SluiceError("POOL_CLOSED") });
    }
    for (let place = this.#idle.first; place !== undefined; place = this.#idle.first) {
      this.#close(place, "shutdown", actions);
    }
    return actions;
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sees to it that nobody waits for a place that could be had. */
  #assign(actions: PoolAction[]): PoolAction[] {
    for (let waiter = this.#waiters.firstUncovered; waiter !== undefined; waiter = this.#waiters.firstUncovered) {
      const idle = this.#options.order === "lifo" ? this.#idle.last : this.#idle.first;
      const spare = this.#spare.values().next().value;
      if (idle !== undefined) {
        this.#enter(idle, "checking");
        this.#waiters.cover(waiter, idle);
        actions.push({ do: "check", place: idle });
      } else if (spare !== undefined) {
        this.#spare.delete(spare);
        this.#waiters.cover(waiter, spare);
      } else if (this.#size < this.#options.maxConnections) {
        const place = this.#newPlace();
        this.#waiters.cover(waiter, place);
        actions.push({ do: "connect", place });
      } else break;
    }
    return actions;
  }

  /** The channel is fit for use. */
  #ready(place: PoolPlace, now: number): PoolAction[] {
    const waiter = this.#waiters.first;
    // On its way out it is not too old yet: it would have been closed while it was idle.
    const tooOld = place.expired && (place.state !== "checking" || waiter === undefined);
    if (this.#isClosed) return this.#close(place, "shutdown", []);
    if (tooOld) return this.#assign(this.#close(place, "lifetime", []));
    if (waiter !== undefined) return this.#lease(place, waiter);
    this.#enter(place, "idle");
    place.idleSince = now;
    return [];
  }

  #lease(place: PoolPlace, waiter: PoolWaiter): PoolAction[] {
    const underWay = this.#waiters.remove(waiter);
    if (underWay !== undefined && underWay !== place) this.#spare.add(underWay);
    this.#enter(place, "leased");
    return this.#assign([{ do: "lease", place, waiter }]);
  }

  #close(place: PoolPlace, reason: PoolCloseReason, actions: PoolAction[]): PoolAction[] {
    place.reason = reason;
    this.#enter(place, "closing");
    actions.push({ do: "close", place });
    return actions;
  }

  /** It closes by itself. */
  #dying(place: PoolPlace): PoolAction[] {
    this.#enter(place, "closing");
    return [];
  }

  #newPlace(): PoolPlace {
    this.#size++;
    this.#counts.connecting++;
    return new PoolPlace();
  }

  #enter(place: PoolPlace, state: PoolPlaceState): void {
    if (place.state === "idle") this.#idle.remove(place);
    this.#spare.delete(place);
    if (place.waiter !== undefined) this.#waiters.uncover(place.waiter);
    this.#counts[place.state]--;
    this.#counts[state]++;
    place.state = state;
    if (state === "idle") this.#idle.append(place);
    if (state === "gone") this.#size--;
  }
}
