/** Those who wait for a reconnecting client to be ready, each as long as its signal lets it. */
import type { SluiceError } from "@sluice/buffer";
import { aborted } from "./pending-send.js";

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: SluiceError): void;
}

export class ReadyWaiters<T> {
  #waiters = new Set<Waiter<T>>();

  wait(signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(signal));
      const onAbort = () => waiter.reject(aborted(signal as AbortSignal));
      const leave = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter<T> = {
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort);
    });
  }

  resolve(value: T): void {
    for (const waiter of this.#waiters) waiter.resolve(value);
  }

  reject(error: SluiceError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
