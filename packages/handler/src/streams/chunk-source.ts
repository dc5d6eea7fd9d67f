/** Where the chunks of a stream come from, and how to have done with it. */

/** The part of a web stream that is needed. */
export interface ReadableStreamSource<T> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** An open source: an async generator, a Node stream, a web stream … */
export type OpenChunkSource<T> = AsyncIterable<T> | ReadableStreamSource<T>;

/** A source, or a function that opens it. */
export type ChunkSource<T> = OpenChunkSource<T> | (() => OpenChunkSource<T> | Promise<OpenChunkSource<T>>);

/**
 * Opens a source when its first chunk is asked for, and closes it at most once. Asked for one chunk at a time.
 *
 * Web streams are cancelled and Node streams destroyed, which both are possible while a chunk is being waited for. The
 * `return` of an async generator waits until the generator has done what it is doing.
 */
export class ChunkReader<T> {
  readonly #source: ChunkSource<T>;
  #open: OpenReader<T> | undefined;
  #isClosed = false;

  constructor(source: ChunkSource<T>) {
    this.#source = source;
  }

  /** The next chunk. Rejects with what the source, or opening it, fails with. */
  async next(): Promise<IteratorResult<T, unknown>> {
    if (this.#open === undefined) {
      const source = typeof this.#source === "function" ? await this.#source() : this.#source;
      this.#open = reader(source);
      // It may have been given up while it was being opened.
      if (this.#isClosed) {
        await this.#open.close();
        return { done: true, value: undefined };
      }
    }
    return this.#open.next();
  }

  /** It has come to its end, or failed: there is nothing to close any more. */
  ended(): void {
    this.#isClosed = true;
  }

  /** Closes a source that has not ended. Rejects with what closing fails with. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#open !== undefined) await this.#open.close();
    else if (typeof this.#source !== "function") await reader(this.#source).close();
  }
}

interface OpenReader<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  close(): Promise<unknown>;
}

function reader<T>(source: OpenChunkSource<T>): OpenReader<T> {
  if ("getReader" in source) return webReader(source);
  const iterator = source[Symbol.asyncIterator]();
  const { destroy } = source as { destroy?: unknown };
  return {
    next: () => iterator.next(),
    close: async () => (typeof destroy === "function" ? destroy.call(source) : iterator.return?.()),
  };
}

function webReader<T>(source: ReadableStreamSource<T>): OpenReader<T> {
  const stream = source.getReader();
  return {
    async next() {
      const { done, value } = await stream.read();
      return done ? { done, value } : { done: false, value: value as T };
    },
    close: () => stream.cancel(),
  };
}
