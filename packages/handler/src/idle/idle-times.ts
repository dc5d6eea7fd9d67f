/** How long each kind of silence of a handler is, and what counts as output; handlers with equal times share it. */
import { Alike } from "@sluice/core";
import { effectiveTimeout } from "./effective-timeout.js";
import { stretched, stretchOf } from "./idle-spread.js";
import type { IdleStateHandlerOptions } from "./idle-state-handler.js";

/** Milliseconds; 0 for a kind that is off. */
export class IdleTimes {
  readonly readerMs: number;
  readonly writerMs: number;
  readonly allMs: number;
  readonly observeOutput: boolean;

  private constructor(options: IdleStateHandlerOptions, stretch: number) {
    const time = (name: string, ms = 0) => stretched(effectiveTimeout(name, ms), stretch);
    this.readerMs = time("readerIdleMs", options.readerIdleMs);
    this.writerMs = time("writerIdleMs", options.writerIdleMs);
    this.allMs = time("allIdleMs", options.allIdleMs);
    this.observeOutput = options.observeOutput ?? false;
  }

  /** @throws INVALID_ARGUMENT */
  static of(options: IdleStateHandlerOptions): IdleTimes {
    const stretch = stretchOf(options.spread ?? 0, options.random ?? Math.random);
    const times = new IdleTimes(options, stretch);
    return stretch === 1 ? alike.one(times) : times;
  }

  get watchesReads(): boolean {
    return this.readerMs > 0 || this.allMs > 0;
  }

  get watchesWrites(): boolean {
    return this.writerMs > 0 || this.allMs > 0;
  }
}

const alike = new Alike<IdleTimes>();
