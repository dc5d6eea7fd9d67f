/**
 * One run of the hook that prepares a fresh channel, until it is done, has failed, takes too long or is no longer wanted.
 *
 * Whatever the hook does later is not heard: a function that has begun cannot be stopped, only asked to through its
 * signal.
 */
import { SluiceError } from "@sluice/buffer";
import { asError } from "../as-error.js";
import type { Clock, Timeout } from "../clock.js";

export class Preparation {
  readonly #abort = new AbortController();
  readonly #onEnd: (error: Error | undefined) => void;
  #deadline: Timeout | undefined;
  #isOver = false;

  /** @param onEnd Called once, never from inside {@link run}, and not after {@link abandon}. */
  constructor(onEnd: (error: Error | undefined) => void) {
    this.#onEnd = onEnd;
  }

  run(hook: (signal: AbortSignal) => unknown, clock: Clock, timeoutMs: number): void {
    const running = new Promise((resolve) => {
      this.#deadline = clock.schedule(timeoutMs, () => {
        const error = new SluiceError("PREPARE_TIMEOUT", `not prepared within ${timeoutMs} ms`, { limit: timeoutMs });
        this.#end(error);
        this.#abort.abort(error);
      });
      resolve(hook(this.#abort.signal));
    });
    running.then(
      () => this.#end(undefined),
      (thrown) => this.#end(asError(thrown)),
    );
  }

  /** The channel is over, or the client stops. */
  abandon(reason: Error): void {
    if (this.#isOver) return;
    this.#finish();
    this.#abort.abort(reason);
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#finish();
    this.#onEnd(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#deadline?.cancel();
  }
}
