/**
 * The messages that reach a channel's tail, for a reader that pulls.
 *
 * Before the first reader comes a few messages are kept, so that none is lost between `connect` and `messages()`;
 * beyond that they are dropped as a pipeline without a reader must, and the reader is told. From the first
 * reader on nothing is dropped: reading pauses while {@link HIGH} messages wait and resumes at {@link LOW}.
 *
 * The messages of several channels, one after the other, can be read as one: each channel's are poured into those that
 * outlive it, and share their pauses from then on. Before, a channel reads for itself, as somebody may have to read to get
 * it going, unless {@link FAR} messages wait already.
 */
import { SluiceError } from "@sluice/buffer";
import { FifoQueue } from "./fifo-queue.js";

export class ChannelMessages<T> {
  readonly #queue = new FifoQueue<T>();
  #hasReader = false;
  #reader: MessageReader<T> | undefined;
  #paused = false;
  #lost = 0;
  #isOver = false;
  #cause: Error | undefined;
  /** What these will be poured into. */
  #sink: ChannelMessages<T> | undefined;
  #poured = false;
  readonly #resume: () => void;

  constructor(resume: () => void) {
    this.#resume = resume;
  }

  get wantsMore(): boolean {
    const sink = this.#sink;
    if (sink !== undefined && (this.#poured ? !sink.wantsMore : sink.isFarBehind)) return false;
    if (!this.isRead || this.length < HIGH) return true;
    this.#paused = true;
    return false;
  }

  /** Whether a channel that is not poured yet must wait as well. */
  get isFarBehind(): boolean {
    if (this.length < FAR) return false;
    this.#paused = true;
    return true;
  }

  /** Whether there has been a reader, here or where these will be. */
  get isRead(): boolean {
    return this.#hasReader || (this.#sink?.isRead ?? false);
  }

  push(message: T): void {
    if (this.#poured) return this.#sink?.push(message);
    if (!this.isRead && (this.#lost > 0 || this.length >= KEPT_WITHOUT_READER)) {
      this.#lost += this.length + 1;
      this.#queue.takeFrom(0);
      return;
    }
    this.#queue.push(message);
    this.#reader?.wake();
  }

  end(cause: Error | undefined): void {
    this.#isOver = true;
    this.#cause = cause;
    this.#reader?.wake();
  }

  iterate(signal: AbortSignal | undefined): AsyncIterableIterator<T> {
    if (this.#poured && this.#sink !== undefined) return this.#sink.iterate(signal);
    this.#hasReader = true;
    return new MessageReader(this, signal);
  }

  /** Announces that these messages are going to be poured into `sink`: its reader counts as theirs. */
  feed(sink: ChannelMessages<T>): void {
    this.#sink = sink;
  }

  /** Moves what there is to the sink, and what comes goes there. Whoever reads here comes to the end. */
  pour(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#poured) return;
    const kept = this.#queue.takeFrom(0);
    this.end(undefined);
    this.#poured = true;
    sink.#lost += this.#lost;
    for (const message of kept) sink.push(message);
    sink.#reader?.wake();
    if (this.#paused && sink.wantsMore) this.#resume();
    this.#paused = false;
  }

  /** Reading may go on, if the reader keeps up. */
  resume(): void {
    if (this.wantsMore) this.#resume();
  }

  // ── for the reader ─────────────────────────────────────────────────────────────────────────────────────────

  /** @throws MESSAGES_BUSY */
  claim(reader: MessageReader<T>): void {
    if (this.#reader !== undefined) throw new SluiceError("MESSAGES_BUSY");
    this.#reader = reader;
  }

  release(reader: MessageReader<T>): void {
    if (this.#reader === reader) this.#reader = undefined;
  }

  /** What the reader has to be told once. */
  takeLoss(): SluiceError | undefined {
    const length = this.#lost;
    this.#lost = 0;
    if (length === 0) return undefined;
    return new SluiceError("MESSAGES_LOST", `${length} messages arrived before messages() was called`, { length });
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why it is over, if for a reason. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  shift(): T {
    const message = this.#queue.shift() as T;
    if (this.#paused && this.length <= LOW) {
      this.#paused = false;
      this.#resume();
    }
    return message;
  }
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * One walk over the messages; not a generator, whose `return` would wait behind a `next` that waits for a message.
 *
 * ```
 *   new ──next──▶ reading ──end, error, abort, return──▶ finished
 * ```
 */
class MessageReader<T> implements AsyncIterableIterator<T> {
  readonly #messages: ChannelMessages<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #waiters: Waiter<T>[] = [];
  #state: "new" | "reading" | "finished" = "new";

  constructor(messages: ChannelMessages<T>, signal: AbortSignal | undefined) {
    this.#messages = messages;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#state === "new") {
        try {
          this.#messages.claim(this);
        } catch (error) {
          this.#state = "finished";
          return reject(error);
        }
        this.#state = "reading";
        this.#signal?.addEventListener("abort", this.wake);
      }
      this.#waiters.push({ resolve, reject });
      this.wake();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#finish();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
  }

  /** Something has changed: gives those who wait what there is. */
  readonly wake = (): void => {
    const messages = this.#messages;
    while (this.#waiters.length > 0 && this.#state === "reading") {
      if (this.#signal?.aborted) {
        return this.#finish(new SluiceError("ABORTED", undefined, { cause: this.#signal.reason }));
      }
      const loss = messages.takeLoss();
      if (loss !== undefined) return this.#finish(loss);
      if (messages.length > 0) this.#waiters.shift()?.resolve({ value: messages.shift(), done: false });
      else if (messages.isOver) return this.#finish(messages.cause);
      else return;
    }
    if (this.#state === "finished") this.#finish();
  };

  /** The first who waits is given the error, the others the end. */
  #finish(error?: Error): void {
    this.#state = "finished";
    this.#messages.release(this);
    this.#signal?.removeEventListener("abort", this.wake);
    const waiters = this.#waiters.splice(0);
    if (error !== undefined) waiters.shift()?.reject(error);
    for (const waiter of waiters) waiter.resolve(DONE);
  }
}

const DONE = { value: undefined, done: true } as const;
const KEPT_WITHOUT_READER = 64;
const HIGH = 64;
const LOW = 16;
/** Room for what the next channels bring before they are poured: their handshakes must not wait for a slow reader. */
const FAR = 1024;
