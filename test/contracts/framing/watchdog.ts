/**
 * Ends a process that is caught in a loop, and says in what: a thread of its own looks whether work goes on.
 *
 * A test runner cannot interrupt synchronous code, and a loop that emits nothing is noticed by nobody inside it.
 */

import { Worker } from "node:worker_threads";

export class Watchdog implements Disposable {
  /** How often there was a sign of life, and the number of what is being done. */
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  /** @param what Is printed, with the number of the last sign of life behind it. */
  constructor(what: string) {
    this.#worker = new Worker(WATCHING, { eval: true, workerData: { shared: this.#shared, what, patienceMs: 30_000 } });
    this.#worker.unref();
  }

  signOfLife(number: number): void {
    Atomics.store(this.#shared, 1, number);
    Atomics.add(this.#shared, 0, 1);
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }
}

const WATCHING = `
  const { writeSync } = require("node:fs");
  const { shared, what, patienceMs } = require("node:worker_threads").workerData;
  let seen = -1;
  setInterval(() => {
    const signs = Atomics.load(shared, 0);
    if (signs === seen) {
      writeSync(2, "no end: " + what + Atomics.load(shared, 1) + "\\n");
      process.kill(process.pid, "SIGKILL");
    }
    seen = signs;
  }, patienceMs);
`;
