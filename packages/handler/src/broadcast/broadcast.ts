/**
 * One message to many readers, of whom some read slowly.
 *
 * ```
 *   publish(tick) ──▶ encode once ──┬──▶ reader: writable          ──▶ written: the same bytes for all
 *                                   ├──▶ reader: behind            ──▶ kept, within its bound
 *                                   └──▶ reader: behind, no room   ──▶ its policy: wait, drop, coalesce, close
 * ```
 *
 * A plain `ChannelGroup.write` queues for everyone, however slow: each slow reader costs up to `MAX_OUTBOUND_BYTES`. Here
 * each costs its water mark and `maxHeldBytes` at most, and what becomes of the rest is decided, counted and told: a
 * {@link SlowReaderEvent} in the reader's pipeline says when it falls behind, when it has caught up, and what it has missed.
 *
 * Messages enter each pipeline where the broadcast's handler stands, so `encode` gives what may be written there: behind
 * the length prepender and before the codec, for example, the body of a frame. Other writes to the channel, replies for
 * instance, are not touched, and are not ordered with the kept ones.
 */
import { SluiceError } from "@sluice/buffer";
import { FifoQueue, type PassThroughHandler } from "@sluice/core";
import { type BroadcastHub, BroadcastReader, type BroadcastReaderOptions } from "./broadcast-reader.js";

export interface BroadcastOptions<M, W> extends BroadcastReaderOptions<M> {
  /** Called once for each message, however many readers there are; not at all without any. @default the message itself */
  readonly encode?: (message: M) => W;
}

/** What became of messages, over all readers. */
export interface BroadcastCounts {
  readonly published: number;
  /** Written to a channel. */
  readonly written: number;
  readonly dropped: number;
  /** Replaced by a later one with the same key. */
  readonly coalesced: number;
  /** Messages kept now, each as often as there are readers it is kept for. */
  readonly heldMessages: number;
  readonly heldBytes: number;
}

/**
 * Publishes messages of type `M`, as `W` in the pipelines of the readers.
 *
 * `publish` never waits and costs no promise. Per message: one `encode`; per reader a write, or an entry in a table.
 *
 * @example
 * ```ts
 * const ticks = new Broadcast<Tick, ByteBuf>({
 *   encode: (tick) => ByteBuf.from(JSON.stringify(tick)),
 *   whenSlow: { coalesce: (tick) => tick.symbol },
 * });
 * bootstrap.childHandler((p) => p.addLast(new LengthFieldPrepender({ lengthFieldLength: 4 })).addLast(ticks.handler()));
 * ticks.publish({ symbol: "ABC", price: 17 });
 * ```
 */
export class Broadcast<M, W = M> {
  readonly #encode: (message: M) => W;
  readonly #defaults: Required<BroadcastReaderOptions<M>>;
  readonly #readers = new Set<BroadcastReader<M, W>>();
  /** Readers with the policy "wait" that are behind. */
  readonly #waitedFor = new Set<BroadcastReader<M, W>>();
  readonly #behind = new Set<BroadcastReader<M, W>>();
  readonly #gone = { written: 0, dropped: 0, coalesced: 0 };
  /** What is to be published, oldest first: more than one only when some came from inside. */
  readonly #unpublished = new FifoQueue<{ readonly messages: readonly M[]; readonly wires: readonly W[] }>();
  #isPublishing = false;
  #published = 0;
  #whenReady: (() => void)[] = [];
  readonly #hub: BroadcastHub<M, W> = {
    joined: (reader) => this.#readers.add(reader),
    left: (reader) => this.#left(reader),
    fellBehind: (reader) => this.#fellBehind(reader),
    caughtUp: (reader) => this.#caughtUp(reader),
  };

  /** @throws INVALID_ARGUMENT */
  constructor(options: BroadcastOptions<M, W> = {}) {
    this.#encode = options.encode ?? ((message) => message as unknown as W);
    this.#defaults = checked({ whenSlow: "close", maxHeldBytes: 256 * 1024, maxWaitMs: 30_000, ...given(options) });
  }

  /**
   * A handler that makes one channel a reader, from when it is active until it closes or the handler is removed.
   *
   * @param options What is different for this reader.
   * @throws INVALID_ARGUMENT
   */
  handler(options: BroadcastReaderOptions<M> = {}): PassThroughHandler & { readonly "~writes": () => W } {
    return new BroadcastReader(this.#hub, checked({ ...this.#defaults, ...given(options) }));
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Readers that do not keep up at the moment. */
  get behind(): number {
    return this.#behind.size;
  }

  /** False while a reader with the policy `"wait"` is behind. */
  get isReady(): boolean {
    return this.#waitedFor.size === 0;
  }

  get counts(): BroadcastCounts {
    const sum = { ...this.#gone, heldMessages: 0, heldBytes: 0 };
    for (const reader of this.#readers) {
      sum.written += reader.written;
      sum.dropped += reader.dropped;
      sum.coalesced += reader.coalesced;
      sum.heldMessages += reader.heldMessages;
      sum.heldBytes += reader.heldBytes;
    }
    return { published: this.#published, ...sum };
  }

  /**
   * Sends messages to all readers, in order, flushed. If one of them cannot be encoded nothing is sent.
   *
   * Called from inside, by a handler that hears of a slow reader for example, it is done when what is being published has
   * been, so that all readers get all in one order.
   *
   * @returns `isReady`: with the policy `"wait"`, publish no more before `ready()` when it is false
   * @throws what `encode` throws
   */
  publish(...messages: M[]): boolean {
    const hasReaders = this.#readers.size > 0;
    const wires = hasReaders ? messages.map((message) => this.#encode(message)) : [];
    this.#published += messages.length;
    if (hasReaders) {
      this.#unpublished.push({ messages, wires });
      if (!this.#isPublishing) this.#publishAll();
    }
    return this.isReady;
  }

  /**
   * Resolves when no reader with the policy `"wait"` is behind: all have caught up, closed, or been given up.
   *
   * @throws (rejects) ABORTED
   */
  async ready(options?: { readonly signal?: AbortSignal }): Promise<void> {
    const signal = options?.signal;
    while (!this.isReady) {
      if (signal?.aborted) throw new SluiceError("ABORTED", undefined, { cause: signal.reason });
      await new Promise<void>((resolve) => {
        const done = () => {
          signal?.removeEventListener("abort", done);
          this.#whenReady = this.#whenReady.filter((waiting) => waiting !== done);
          resolve();
        };
        this.#whenReady.push(done);
        signal?.addEventListener("abort", done, { once: true });
      });
    }
  }

  #publishAll(): void {
    this.#isPublishing = true;
    try {
      for (let batch = this.#unpublished.shift(); batch !== undefined; batch = this.#unpublished.shift()) {
        const { messages, wires } = batch;
        for (const [i, message] of messages.entries()) {
          for (const reader of this.#readers) reader.offer(message, wires[i] as W);
        }
        for (const reader of this.#readers) reader.send();
      }
    } finally {
      this.#isPublishing = false;
    }
  }

  #left(reader: BroadcastReader<M, W>): void {
    if (!this.#readers.delete(reader)) return;
    this.#gone.written += reader.written;
    this.#gone.dropped += reader.dropped;
    this.#gone.coalesced += reader.coalesced;
    this.#caughtUp(reader);
  }

  #fellBehind(reader: BroadcastReader<M, W>): void {
    this.#behind.add(reader);
    if (reader.isWaitedFor) this.#waitedFor.add(reader);
  }

  #caughtUp(reader: BroadcastReader<M, W>): void {
    this.#behind.delete(reader);
    if (this.#waitedFor.delete(reader) && this.isReady) for (const done of this.#whenReady) done();
  }
}

function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function checked<M>(options: Required<BroadcastReaderOptions<M>>): Required<BroadcastReaderOptions<M>> {
  const { whenSlow, maxHeldBytes, maxWaitMs } = options;
  if (typeof whenSlow === "string" ? !POLICIES.has(whenSlow) : typeof whenSlow.coalesce !== "function") {
    throw new SluiceError("INVALID_ARGUMENT", `there is no policy ${JSON.stringify(whenSlow)} for slow readers`);
  }
  if (!(maxHeldBytes >= 0)) throw new SluiceError("INVALID_ARGUMENT", `maxHeldBytes must be at least 0`);
  if (!(maxWaitMs >= 1 && maxWaitMs < Number.POSITIVE_INFINITY)) {
    throw new SluiceError("INVALID_ARGUMENT", `maxWaitMs must be a finite number from 1, not ${maxWaitMs}`);
  }
  return options;
}

const POLICIES = new Set<string>(["wait", "drop-newest", "drop-oldest", "close"]);
