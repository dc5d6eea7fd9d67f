/**
 * A message somebody has asked a reconnecting client to send. It is its own place in the queue, what listens to the
 * caller's signal while it waits there, and then the completion of its write.
 */
import { SluiceError } from "@sluice/buffer";
import type { Completion } from "../channel-promise.js";

export interface SendOwner<Out> {
  /** The caller's signal ended the wait. */
  withdrawn(send: PendingSend<Out>, error: SluiceError): void;
  /** The system has taken it. */
  written(send: PendingSend<Out>): void;
  writeFailed(send: PendingSend<Out>, error: Error): void;
}

export class PendingSend<Out> implements Completion {
  readonly message: Out;
  /** What it counts for in the queue. */
  bytes = 0;
  /** Kept by the queue. */
  isQueued = false;
  previous: PendingSend<Out> | undefined;
  next: PendingSend<Out> | undefined;
  readonly #owner: SendOwner<Out>;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(message: Out, owner: SendOwner<Out>, resolve: () => void, reject: (error: Error) => void) {
    this.message = message;
    this.#owner = owner;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Until {@link stopListening} the signal takes it back. */
  listen(signal: AbortSignal): void {
    this.#signal = signal;
    this.#onAbort = () => this.#owner.withdrawn(this, aborted(signal));
    signal.addEventListener("abort", this.#onAbort);
  }

  stopListening(): void {
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = this.#onAbort = undefined;
  }

  /** Tells the caller. */
  resolve(): void {
    this.#resolve();
  }

  /** Tells the caller. */
  reject(error: Error): void {
    this.#reject(error);
  }

  // ── of the write ───────────────────────────────────────────────────────────────────────────────────────────

  succeed(): void {
    this.#owner.written(this);
  }

  fail(error: Error): void {
    this.#owner.writeFailed(this, error);
  }
}

export function aborted(signal: AbortSignal): SluiceError {
  return new SluiceError("ABORTED", undefined, { cause: signal.reason });
}
