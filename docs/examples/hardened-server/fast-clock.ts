import { type Clock, systemClock, type Timeout } from "sluice";

/** The system's clock, but time passes several times as fast: deadlines of minutes come in seconds. */
export class FastClock implements Clock {
  readonly #factor: number;

  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): number {
    return systemClock.now() * this.#factor;
  }

  schedule(delayMs: number, task: () => void): Timeout {
    const timeout = systemClock.schedule(delayMs / this.#factor, task);
    const factor = this.#factor;
    return {
      get isPending() {
        return timeout.isPending;
      },
      cancel: () => timeout.cancel(),
      reschedule: (nextMs) => timeout.reschedule(nextMs / factor),
    };
  }
}
