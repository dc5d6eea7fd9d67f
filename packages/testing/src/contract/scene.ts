/**
 * Where a case plays: the channels it has opened, what they did, and what it is waiting for.
 *
 * Whatever happens, everything is closed at the end, and a case that waits for something that never comes is ended
 * with the name of it.
 */
import type { Channel } from "@sluice/core";
import { ContractViolation } from "./contract-violation.js";

/** One rule of a contract, for any test runner: `for (const { name, run, limitMs } of cases) it(name, run, limitMs)`. */
export interface ContractCase {
  /** The rule, as a sentence. */
  readonly name: string;
  /** Rejects with a ContractViolation if the rule is broken; ends by itself. */
  run(): Promise<void>;
  /** Milliseconds after which it has ended in any case; a runner's own limit should not be less. */
  readonly limitMs: number;
}

/** Rules by name, as they are written down. */
export type Cases<S extends Scene> = Record<string, (scene: S) => Promise<void> | void>;

export class Scene {
  /** What the recorders of the case wrote, oldest first. */
  readonly trace: string[] = [];
  readonly #channels: Channel[] = [];
  #awaited = "its end";
  #isOver = false;

  /** Closes `channel` when the case is over. */
  own<C extends Channel>(channel: C): C {
    this.#channels.push(channel);
    return channel;
  }

  /** The steps of one recorder, without its name. */
  stepsOf(name: string): string[] {
    return this.trace.filter((step) => step.startsWith(`${name}.`)).map((step) => step.slice(name.length + 1));
  }

  /** Waits until `condition` holds; the case fails if that does not happen in time. */
  async until(what: string, condition: () => boolean): Promise<void> {
    this.#awaited = what;
    while (!condition()) {
      if (this.#isOver) throw new Error("the case is over");
      await pause();
    }
    this.#awaited = "its end";
  }

  /** Runs one case in this scene. */
  async play(name: string, timeoutMs: number, body: () => Promise<void> | void): Promise<void> {
    const reasons: unknown[] = [];
    await this.#inTime(timeoutMs, async () => body()).catch((reason) => reasons.push(reason));
    this.#awaited = "its channels to close";
    await this.#inTime(CLEAN_UP_MS, () => this.#closeAll()).catch((reason) => reasons.push(reason));
    this.#isOver = true;
    if (reasons.length > 0) throw new ContractViolation(name, reasons[0], this.trace);
  }

  /** The youngest first: clients before their servers. */
  async #closeAll(): Promise<void> {
    for (const channel of this.#channels.splice(0).reverse()) {
      channel.closeForcibly();
      await channel.closed;
    }
  }

  async #inTime(timeoutMs: number, work: () => Promise<void>): Promise<void> {
    let timer: unknown;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${this.#awaited}`)), timeoutMs);
    });
    try {
      await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Lets the host's event loop turn once. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** What closing everything may take, after a case. */
export const CLEAN_UP_MS = 5_000;
