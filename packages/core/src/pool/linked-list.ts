/** A list whose entries carry its links, so that any of them can be taken out at constant cost. */

/** What an entry has to have; the list's own business. An entry is in one list at a time. */
export interface Links<T> {
  previous: T | undefined;
  next: T | undefined;
}

export class LinkedList<T extends Links<T>> {
  size = 0;
  #first: T | undefined;
  #last: T | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  get last(): T | undefined {
    return this.#last;
  }

  append(entry: T): void {
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.size++;
  }

  /** @param entry One that is in this list. */
  remove(entry: T): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = entry.next = undefined;
    this.size--;
  }
}
