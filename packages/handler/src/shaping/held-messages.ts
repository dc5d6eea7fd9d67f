/**
 * The messages kept for one reader that does not keep up, oldest first, within a bound.
 *
 * ```
 *                 room          no room, by policy
 *   offer ──▶ [ ■ ■ ■ ■ · · ]   drop-newest: the offered one    drop-oldest, coalesce: from the front
 *   take  ◀── front             close, wait: "overflow", nothing is changed
 * ```
 *
 * One message of any size is taken when nothing else is kept.
 */
import type { SlowReaderPolicy } from "../broadcast/slow-reader-policy.js";

export class HeldMessages<M, W> {
  readonly #whenFull: "overflow" | "drop-newest" | "drop-oldest";
  readonly #keyOf: ((message: M) => unknown) | undefined;
  readonly #maxBytes: number;
  /** By key or, without one, by a running number: a Map remembers the order, and an overwritten entry keeps its place. */
  readonly #kept = new Map<unknown, { readonly wire: W; readonly size: number }>();
  #nextNumber = 0;
  #bytes = 0;
  #dropped = 0;
  #coalesced = 0;

  constructor(policy: SlowReaderPolicy<M>, maxBytes: number) {
    this.#keyOf = typeof policy === "object" ? policy.coalesce : undefined;
    this.#whenFull =
      typeof policy === "object" ? "drop-oldest" : policy === "wait" || policy === "close" ? "overflow" : policy;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#kept.size;
  }

  /** What is kept, each message with its overhead. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages the reader will never see. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Messages that a later one with the same key has taken the place of. */
  get coalesced(): number {
    return this.#coalesced;
  }

  /** @param wire What is to be sent for `message`. */
  offer(message: M, wire: W, size: number): "kept" | "dropped" | "overflow" {
    const key = this.#keyOf === undefined ? this.#nextNumber++ : this.#keyOf(message);
    const before = this.#keyOf === undefined ? undefined : this.#kept.get(key);
    const growth = size - (before?.size ?? 0);
    const full = this.#kept.size > 0 && this.#bytes + growth > this.#maxBytes;
    if (full && this.#whenFull === "overflow") return "overflow";
    if (full && this.#whenFull === "drop-newest") {
      this.#dropped++;
      return "dropped";
    }
    if (before !== undefined) this.#coalesced++;
    // To the end, or it would itself be the oldest that makes room.
    if (full && before !== undefined) this.#kept.delete(key);
    this.#kept.set(key, { wire, size });
    this.#bytes += growth;
    while (this.#bytes > this.#maxBytes && this.#kept.size > 1) {
      this.take();
      this.#dropped++;
    }
    return "kept";
  }

  /** The oldest, or undefined. */
  take(): W | undefined {
    for (const [key, { wire, size }] of this.#kept) {
      this.#kept.delete(key);
      this.#bytes -= size;
      return wire;
    }
    return undefined;
  }

  /** Forgets all. */
  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}
