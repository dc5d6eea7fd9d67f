/**
 * Where a codec puts the messages it makes.
 *
 * Most calls make exactly one message, so the oldest lives in a field and no array is touched; more than one go to
 * a list that is given up again when it has been emptied.
 *
 * ```
 *   push ──▶ [ rest … ] ──▶ first ──▶ take
 * ```
 */

/** Takes messages in the order in which they are to be passed on. */
export class MessageSink<T> {
  #first: T | undefined = undefined;
  /** Not there as long as messages come one by one: every decoder has a sink. */
  #rest: T[] | undefined = undefined;
  #restAt = 0;
  #length = 0;

  /** Messages pushed and not passed on yet. */
  get length(): number {
    return this.#length;
  }

  push(message: T): void {
    if (this.#length++ === 0) this.#first = message;
    else if (this.#rest === undefined) this.#rest = [message];
    else this.#rest.push(message);
  }

  /** The oldest message; only while `length` is not 0. @internal */
  take(): T {
    const message = this.#first as T;
    if (--this.#length > 0) this.#first = this.#rest?.[this.#restAt++];
    else {
      this.#first = undefined;
      this.#rest = undefined;
      this.#restAt = 0;
    }
    return message;
  }
}
