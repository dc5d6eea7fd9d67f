/**
 * An end for decoders that would run for ever.
 *
 * A synchronous loop cannot be interrupted from outside, but it can be refused: whatever a decoder loops over, it
 * asks a buffer how far it is, or passes something on. Each such call takes a step off a budget, and once that is
 * spent the next one throws. A loop that does neither (over an array of its own, say) is out of reach.
 *
 * {@link countingSteps} counts the questions. It replaces a few members of `ByteBuf.prototype` for the length of one
 * synchronous call, so nobody else ever sees them.
 */

import { ByteBuf } from "@sluice/buffer";

/** Thrown by the call for which no step is left. */
export class OutOfSteps extends Error {
  override readonly name: string = "OutOfSteps";
}

export class StepBudget {
  readonly limit: number;
  #left: number;

  constructor(limit: number) {
    this.limit = limit;
    this.#left = limit;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  /** @throws OutOfSteps */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OutOfSteps(`no end after ${this.limit} steps`);
  }
}

/** Runs `body`, in which `budget()` pays for each question to a buffer; it may name another budget at any time. */
export function countingSteps<T>(budget: () => StepBudget | undefined, body: () => T): T {
  const originals = QUESTIONS.map((name) => [name, descriptorOf(name)] as const);
  for (const [name, original] of originals) Object.defineProperty(ByteBuf.prototype, name, counted(original, budget));
  try {
    return body();
  } finally {
    for (const [name, original] of originals) Object.defineProperty(ByteBuf.prototype, name, original);
  }
}

/** What any loop over a buffer asks at least once a round. */
const QUESTIONS = ["readerIndex", "writerIndex", "readableBytes", "isReadable", "indexOf"] as const;

function descriptorOf(name: string): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(ByteBuf.prototype, name) as PropertyDescriptor;
}

function counted(original: PropertyDescriptor, budget: () => StepBudget | undefined): PropertyDescriptor {
  const { get } = original;
  if (get !== undefined) {
    return {
      ...original,
      get(this: ByteBuf): unknown {
        budget()?.spend(1);
        return get.call(this) as unknown;
      },
    };
  }
  const method = original.value as (...args: unknown[]) => unknown;
  return {
    ...original,
    value(this: ByteBuf, ...args: unknown[]): unknown {
      budget()?.spend(1);
      return method.apply(this, args);
    },
  };
}
