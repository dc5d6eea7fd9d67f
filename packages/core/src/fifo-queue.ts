/**
 * What waits, oldest first, in an array whose front is given back from time to time.
 *
 * ```
 *   gone             waiting
 *   [ · · · · · · │ a b c d ]      forgotten when there are more gone than waiting
 *                   ▲ head
 * ```
 *
 * An array that is shifted moves all that is behind, once for each item; one that only forgets what has gone when it is
 * empty grows for ever in a queue that never is. Here an item is moved once on average, and no more than twice as many
 * places as items are kept.
 */
export class FifoQueue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Places kept, those of items that have gone included. */
  get capacity(): number {
    return this.#items.length;
  }

  /** The oldest, or undefined. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** The youngest, or undefined. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes out the oldest; undefined when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.#forget();
    else if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#items.length) this.#forget();
    return item;
  }

  /** Takes out all from the `index`-th on, the oldest being the 0th. */
  takeFrom(index: number): T[] {
    const taken = this.#items.splice(this.#head + index) as T[];
    if (this.length === 0) this.#forget();
    return taken;
  }

  /** Takes out the first for which `matches` is true. @returns where it was, or -1 */
  remove(matches: (item: T) => boolean): number {
    const index = this.#items.findIndex((item, i) => i >= this.#head && matches(item as T)) - this.#head;
    if (index < 0) return -1;
    if (index === 0) this.shift();
    else this.#items.splice(this.#head + index, 1);
    return index;
  }

  #forget(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

/** Below this, forgetting what has gone costs more than keeping it. */
const COMPACT_FROM = 64;
