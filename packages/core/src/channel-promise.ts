/**
 * How an operation tells that it has ended.
 *
 * Inside the pipeline a write usually carries nothing: a failure then travels to `exceptionCaught`. Whoever
 * wants to know passes a {@link Completion}. `ChannelPromise` is the one people get at the edge: awaitable, a
 * single small object, and a native promise only when somebody really waits.
 */
import type { SluiceError } from "@sluice/buffer";
import { asError } from "./as-error.js";

/** Told once per operation how it ended. One object may serve many operations; it must not throw. */
export interface Completion {
  succeed(): void;
  fail(error: Error): void;
}

/** Runs when a promise is done: `error` is undefined on success. */
export type CompletionListener = (error: Error | undefined) => void;

/** Gets the failures that nobody asked for: the channel. */
export interface FailureOwner {
  unawaitedFailure(error: Error): void;
}

/** Tells `completion` how its operation ended; what it throws is its own failure, not that of whoever tells it. */
export function settle(completion: Completion, error: Error | undefined, owner: FailureOwner): void {
  try {
    if (error === undefined) completion.succeed();
    else completion.fail(error);
  } catch (thrown) {
    owner.unawaitedFailure(asError(thrown));
  }
}

export class ChannelPromise implements Completion, PromiseLike<void> {
  #state: "pending" | "succeeded" | "failed" = "pending";
  #error: Error | undefined;
  #listeners: CompletionListener | CompletionListener[] | undefined;
  #native: Promise<void> | undefined;
  #heard = false;
  readonly #owner: FailureOwner | undefined;

  /** @param owner Gets a failure for which no listener has come a few jobs later. */
  constructor(owner?: FailureOwner) {
    this.#owner = owner;
  }

  get isDone(): boolean {
    return this.#state !== "pending";
  }

  get isSuccess(): boolean {
    return this.#state === "succeeded";
  }

  /** Why it failed; a {@link SluiceError} unless a handler threw something of its own. */
  get cause(): SluiceError | Error | undefined {
    return this.#error;
  }

  succeed(): void {
    if (this.#state !== "pending") return;
    this.#state = "succeeded";
    this.#notify();
  }

  fail(error: Error): void {
    if (this.#state !== "pending") return;
    this.#state = "failed";
    this.#error = error;
    if (this.#listeners === undefined && this.#owner !== undefined) this.#watchForListener(LISTENER_GRACE);
    this.#notify();
  }

  /**
   * Calls `listener` as soon as this is done, synchronously; at once if it already is. What a listener throws goes
   * where unawaited failures go, and the other listeners are called all the same.
   */
  addListener(listener: CompletionListener): this {
    if (this.#state !== "pending") {
      this.#heard = true;
      this.#call(listener);
    } else if (this.#listeners === undefined) this.#listeners = listener;
    else if (typeof this.#listeners === "function") this.#listeners = [this.#listeners, listener];
    else this.#listeners.push(listener);
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable without a native promise per write is its purpose
  then<A = void, B = never>(
    onSucceeded?: ((value: void) => A | PromiseLike<A>) | null,
    onFailed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#native ??= new Promise<void>((resolve, reject) => {
      this.addListener((error) => (error === undefined ? resolve() : reject(error)));
    });
    return this.#native.then(onSucceeded, onFailed);
  }

  catch<B = never>(onFailed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<void | B> {
    return this.then(undefined, onFailed);
  }

  finally(onDone?: (() => void) | null): Promise<void> {
    return this.then().finally(onDone);
  }

  #notify(): void {
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners === undefined) return;
    this.#heard = true;
    if (typeof listeners === "function") this.#call(listeners);
    else for (const listener of listeners) this.#call(listener);
  }

  #call(listener: CompletionListener): void {
    if (this.#owner === undefined) return listener(this.#error);
    try {
      listener(this.#error);
    } catch (thrown) {
      this.#owner.unawaitedFailure(asError(thrown));
    }
  }

  /** `await` attaches its listener a few jobs after the call returns, so a failure waits that long for one. */
  #watchForListener(turns: number): void {
    queueMicrotask(() => {
      if (this.#heard) return;
      if (turns > 0) this.#watchForListener(turns - 1);
      else this.#owner?.unawaitedFailure(this.#error as Error);
    });
  }
}

/** Jobs an awaiting caller may need: `Promise.all` over an async function's result takes three. */
const LISTENER_GRACE = 8;
