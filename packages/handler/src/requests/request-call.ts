/**
 * A request and whoever waits for its response. It is also the completion of its own write, and what listens to its
 * signal.
 */
import { SluiceError } from "@sluice/buffer";
import type { Completion } from "@sluice/core";
import { PendingRequest } from "./pending-request.js";

export interface CallOwner<Response> {
  /** Nobody waits for the response any longer; it may still come. */
  giveUp(call: Call<Response>, error: Error): void;
  /** The request has not been sent, so no response will come. */
  writeFailed(call: Call<Response>, error: Error): void;
}

export class Call<Response> extends PendingRequest implements Completion {
  timeoutMs = 0;
  readonly #owner: CallOwner<Response>;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: Error) => void;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(owner: CallOwner<Response>, resolve: (response: Response) => void, reject: (error: Error) => void) {
    super();
    this.#owner = owner;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  listen(signal: AbortSignal): void {
    this.#signal = signal;
    this.#onAbort = () => this.#owner.giveUp(this, aborted(signal));
    signal.addEventListener("abort", this.#onAbort);
  }

  resolve(response: Response): void {
    this.#stopListening();
    this.#resolve(response);
  }

  reject(error: Error): void {
    this.#stopListening();
    this.#reject(error);
  }

  succeed(): void {}

  fail(error: Error): void {
    this.#owner.writeFailed(this, error);
  }

  #stopListening(): void {
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = this.#onAbort = undefined;
  }
}

export function aborted(signal: AbortSignal): SluiceError {
  return new SluiceError("ABORTED", undefined, { cause: signal.reason });
}
