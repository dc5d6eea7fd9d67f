/**
 * The storage of an outbound queue: messages, their sizes and their completions in three rings of one capacity.
 *
 * Most channels write, flush and are empty again before another one writes, so an empty queue gives its ring to the next:
 * one ring serves them all, an idle channel holds none, and a burst finds the room that the burst before it made.
 */
import type { Completion } from "./channel-promise.js";

export class MessageRing {
  readonly messages: unknown[];
  readonly sizes: number[];
  readonly completions: (Completion | undefined)[];
  /** Slot of an ever-growing index: `index & mask`. */
  readonly mask: number;

  private constructor(capacity: number) {
    this.messages = new Array<unknown>(capacity).fill(undefined);
    this.sizes = new Array<number>(capacity).fill(0);
    this.completions = new Array<Completion | undefined>(capacity).fill(undefined);
    this.mask = capacity - 1;
  }

  /** A ring with room for at least one message. */
  static take(): MessageRing {
    const ring = spare ?? new MessageRing(FIRST_CAPACITY);
    spare = undefined;
    return ring;
  }

  /** Gives an emptied ring to the next queue that needs one. */
  static give(ring: MessageRing): void {
    if (ring.mask < LARGEST_KEPT && (spare === undefined || spare.mask < ring.mask)) spare = ring;
  }

  /** Twice as large, with the entries from `head` on moved to the beginning. */
  grown(head: number): MessageRing {
    const capacity = this.mask + 1;
    const larger = new MessageRing(capacity * 2);
    for (let i = 0; i < capacity; i++) {
      const slot = (head + i) & this.mask;
      larger.messages[i] = this.messages[slot];
      larger.sizes[i] = this.sizes[slot] as number;
      larger.completions[i] = this.completions[slot];
    }
    return larger;
  }
}

let spare: MessageRing | undefined;
const FIRST_CAPACITY = 16;
/** A larger one goes with the burst that needed it. */
const LARGEST_KEPT = 4096;
