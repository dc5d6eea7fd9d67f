/** One call of `acquire` that has not ended. */
import { SluiceError } from "@sluice/buffer";
import type { Clock } from "../clock.js";
import type { PoolPlace } from "./pool-place.js";

/** How long to wait for a channel. */
export interface AcquireOptions {
  /** Milliseconds to wait; 0 for no limit. @default the pool's `acquireTimeoutMs` */
  readonly timeoutMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export class PoolWaiter {
  /** Whether it stands in the queue: the machine has not decided about it yet. */
  isWaiting = false;
  /** The place that is being connected or checked for it, if there is one. */
  place: PoolPlace | undefined;
  /** Rises with each waiter. */
  order = 0;
  previous: PoolWaiter | undefined;
  next: PoolWaiter | undefined;

  // What follows is the pool's; the machine does not look at it.
  readonly #served: (place: PoolPlace) => void;
  readonly #refused: (error: Error) => void;
  #stopWaiting: (() => void) | undefined;
  #isOver = false;

  constructor(served: (place: PoolPlace) => void, refused: (error: Error) => void) {
    this.#served = served;
    this.#refused = refused;
  }

  /** Calls `giveUp` with the error that says why, when one of the options ends the wait before anything else does. */
  limit(clock: Clock, { timeoutMs = 0, signal }: AcquireOptions, giveUp: (error: SluiceError) => void): void {
    if (this.#isOver) return;
    const onAbort = () => giveUp(new SluiceError("ABORTED", undefined, { cause: signal?.reason }));
    const onTimeout = () =>
      giveUp(new SluiceError("POOL_ACQUIRE_TIMEOUT", `no channel within ${timeoutMs} ms`, { limit: timeoutMs }));
    const timeout = timeoutMs > 0 ? clock.schedule(timeoutMs, onTimeout) : undefined;
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#stopWaiting = () => {
      timeout?.cancel();
      signal?.removeEventListener("abort", onAbort);
    };
  }

  serve(place: PoolPlace): void {
    this.#end();
    this.#served(place);
  }

  refuse(error: Error): void {
    this.#end();
    this.#refused(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#stopWaiting?.();
  }
}
