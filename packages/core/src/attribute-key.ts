/**
 * Typed values attached to a channel.
 *
 * @example
 * ```ts
 * const USER = new AttributeKey<string>("user");
 * channel.attr(USER).set("ada");
 * channel.attr(USER).get(); // "ada"
 * ```
 */
export class AttributeKey<T> {
  readonly name: string;
  declare readonly "~value": T;

  /** @param name For people; two keys of the same name are still two keys. */
  constructor(name: string) {
    this.name = name;
  }
}

/** One value of one channel. */
export class Attribute<T> {
  readonly key: AttributeKey<T>;
  #value: T | undefined;

  constructor(key: AttributeKey<T>) {
    this.key = key;
  }

  get(): T | undefined {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
  }

  /** Sets and returns what was there before. */
  getAndSet(value: T): T | undefined {
    const before = this.#value;
    this.#value = value;
    return before;
  }

  /** Sets only when nothing is there. @returns what is there now */
  setIfAbsent(value: T): T {
    this.#value ??= value;
    return this.#value;
  }

  /** Takes the value out. */
  remove(): T | undefined {
    const before = this.#value;
    this.#value = undefined;
    return before;
  }
}
