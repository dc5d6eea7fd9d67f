/**
 * The messages that reach a channel's tail, for a reader that pulls.
 *
 * Before the first reader comes a few messages are kept, so that none is lost between `connect` and `messages()`;
 * beyond that they are dropped as a pipeline without a reader must, and the reader is told. From the first
 * reader on nothing is dropped: reading pauses while {@link HIGH} messages wait and resumes at {@link LOW}.
 */
import { SluiceError } from "@sluice/buffer";

export class ChannelMessages<T> {
  #queue: T[] = [];
  #head = 0;
  #hasReader = false;
  #reading = false;
  #paused = false;
  #lost = 0;
  #ended = false;
  #cause: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #resume: () => void;

  constructor(resume: () => void) {
    this.#resume = resume;
  }

  get wantsMore(): boolean {
    if (!this.#hasReader || this.#length < HIGH) return true;
    this.#paused = true;
    return false;
  }

  push(message: T): void {
    if (!this.#hasReader && (this.#lost > 0 || this.#length >= KEPT_WITHOUT_READER)) {
      this.#lost += this.#length + 1;
      this.#queue = [];
      this.#head = 0;
      return;
    }
    this.#queue.push(message);
    this.#wake?.();
  }

  end(cause: Error | undefined): void {
    this.#ended = true;
    this.#cause = cause;
    this.#wake?.();
  }

  iterate(signal: AbortSignal | undefined): AsyncIterableIterator<T> {
    this.#hasReader = true;
    return this.#read(signal);
  }

  async *#read(signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
    if (this.#reading) throw new SluiceError("MESSAGES_BUSY");
    this.#reading = true;
    const onAbort = () => this.#wake?.();
    signal?.addEventListener("abort", onAbort);
    try {
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#lost = 0;
        throw new SluiceError("MESSAGES_LOST", `${lost} messages arrived before messages() was called`, {
          length: lost,
        });
      }
      for (;;) {
        if (signal?.aborted) throw new SluiceError("ABORTED", undefined, { cause: signal.reason });
        if (this.#length > 0) yield this.#shift();
        else if (this.#ended) break;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
      if (this.#cause !== undefined) throw this.#cause;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#reading = false;
    }
  }

  get #length(): number {
    return this.#queue.length - this.#head;
  }

  #shift(): T {
    const message = this.#queue[this.#head] as T;
    this.#queue[this.#head++] = undefined as T;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    if (this.#paused && this.#length <= LOW) {
      this.#paused = false;
      this.#resume();
    }
    return message;
  }
}

const KEPT_WITHOUT_READER = 64;
const HIGH = 64;
const LOW = 16;
