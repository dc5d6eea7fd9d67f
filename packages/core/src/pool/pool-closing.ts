/** How a pool ends: what is out may come back until the deadline, or until somebody's signal; then it is cut. */
import type { Clock, Timeout } from "../clock.js";

export interface PoolCloseOptions {
  /** Milliseconds the callers get to bring back what they hold; then it is cut. @default 10 000 */
  readonly timeoutMs?: number;
  /** Cuts what is left at once. */
  readonly signal?: AbortSignal;
}

/** What became of the channels that were open when the pool was closed. */
export interface PoolCloseReport {
  /** Ended in time. */
  readonly closed: number;
  /** Cut at the deadline, or by the signal. */
  readonly forced: number;
}

export interface PoolClosingInit {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** How many channels are open. */
  readonly open: number;
  /** Cuts those that are left. @returns how many */
  readonly cut: () => number;
}

export class PoolClosing {
  readonly #report: Promise<PoolCloseReport>;
  readonly #init: PoolClosingInit;
  readonly #deadline: Timeout;
  readonly #signals = new Set<AbortSignal>();
  #settle: (report: PoolCloseReport) => void = () => {};
  #isCut = false;
  #forced = 0;

  /** @throws INVALID_ARGUMENT for a deadline that never comes */
  constructor(init: PoolClosingInit) {
    this.#init = init;
    this.#deadline = init.clock.schedule(init.timeoutMs, () => this.#cut());
    this.#report = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  join(signal: AbortSignal | undefined): Promise<PoolCloseReport> {
    if (signal?.aborted) this.#cut();
    else if (signal !== undefined && this.#deadline.isPending) {
      this.#signals.add(signal);
      signal.addEventListener("abort", this.#cut);
    }
    return this.#report;
  }

  /** Everything is over. */
  finish(): void {
    this.#deadline.cancel();
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#cut);
    this.#signals.clear();
    this.#settle({ closed: this.#init.open - this.#forced, forced: this.#forced });
  }

  /** The deadline and any number of signals may want it. */
  readonly #cut = (): void => {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#forced = this.#init.cut();
  };
}
