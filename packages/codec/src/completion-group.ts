/** One completion for the several writes that a message became. */
import type { Completion } from "@sluice/core";

/** Ends when all writes have ended; fails, with the first failure, if one of them did. */
export class CompletionGroup implements Completion {
  readonly #completion: Completion;
  #open: number;
  #error: Error | undefined = undefined;

  constructor(writes: number, completion: Completion) {
    this.#open = writes;
    this.#completion = completion;
  }

  /** The first failure so far. */
  get error(): Error | undefined {
    return this.#error;
  }

  succeed(): void {
    if (--this.#open > 0) return;
    if (this.#error === undefined) this.#completion.succeed();
    else this.#completion.fail(this.#error);
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.succeed();
  }
}
