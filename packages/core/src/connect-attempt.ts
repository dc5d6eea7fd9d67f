/** An attempt to connect or to bind: who waits for it, and what would end it early. */
import { SluiceError } from "@sluice/buffer";
import { aborted } from "./channel-errors.js";
import type { Completion } from "./channel-promise.js";
import type { Clock, Timeout } from "./clock.js";

export class ConnectAttempt {
  readonly completion: Completion;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #timeout: Timeout | undefined;

  /** @param fail Told that it is over, if the signal or the time says so. */
  constructor(
    completion: Completion,
    limits: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
    fail: (error: Error) => void,
  ) {
    const { clock, timeoutMs, signal } = limits;
    this.completion = completion;
    this.#signal = signal;
    this.#onAbort = () => fail(aborted(signal));
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs > 0) this.#timeout = clock.schedule(timeoutMs, () => fail(timedOut(timeoutMs)));
  }

  stop(): void {
    this.#timeout?.cancel();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

function timedOut(limit: number): SluiceError {
  return new SluiceError("CONNECT_TIMEOUT", `not connected within ${limit} ms`, { limit });
}
