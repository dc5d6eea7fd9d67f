/**
 * A call of somebody's function that must not take for ever: told once how it ended, and told to the function when it
 * is not wanted any more. What it answers too late goes to whoever clears up.
 *
 * A function that answers without a promise is done before the call returns.
 */
import type { SluiceError } from "@sluice/buffer";
import { asError } from "../as-error.js";
import type { Clock, Timeout } from "../clock.js";

export interface BoundedCallOptions<T> {
  readonly call: (options: { readonly signal: AbortSignal }) => T | PromiseLike<T>;
  readonly clock: Clock;
  /** 0 for no limit. */
  readonly timeoutMs: number;
  readonly timeoutError: () => SluiceError;
  readonly succeeded: (value: T) => void;
  readonly failed: (error: Error) => void;
  /** @default nothing is done */
  readonly late?: (value: T) => void;
}

export class BoundedCall<T> {
  readonly #options: BoundedCallOptions<T>;
  readonly #controller = new AbortController();
  #deadline: Timeout | undefined;
  #isOver = false;

  constructor(options: BoundedCallOptions<T>) {
    this.#options = options;
  }

  run(): void {
    const { call, clock, timeoutMs, timeoutError } = this.#options;
    let result: T | PromiseLike<T>;
    try {
      result = call({ signal: this.#controller.signal });
    } catch (thrown) {
      return this.#failed(thrown);
    }
    if (!isPromiseLike(result)) return this.#succeeded(result);
    result.then(
      (value) => this.#succeeded(value),
      (thrown) => this.#failed(thrown),
    );
    if (timeoutMs <= 0 || this.#isOver) return;
    try {
      this.#deadline = clock.schedule(timeoutMs, () => this.cancel(timeoutError()));
    } catch (thrown) {
      // The clock is full or has been stopped: nothing may take for ever.
      this.cancel(asError(thrown));
    }
  }

  /** Ends the wait: it has failed with `error`. */
  cancel(error: Error): void {
    if (this.#isOver) return;
    this.#failed(error);
    this.#controller.abort(error);
  }

  #succeeded(value: T): void {
    if (!this.#end()) this.#options.late?.(value);
    else this.#options.succeeded(value);
  }

  #failed(thrown: unknown): void {
    if (this.#end()) this.#options.failed(asError(thrown));
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#deadline?.cancel();
    return true;
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === "function";
}
