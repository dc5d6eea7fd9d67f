/**
 * Finds what is alike, so that it is there once: a server gives each of its connections handlers with the same options,
 * and what those come to need not be kept for each.
 *
 * Only for objects that are never changed and have nothing but public fields of primitive values.
 */
export class Alike<T extends object> {
  readonly #known: T[] = [];

  /** `made`, or one whose fields are equal that was made before. */
  one(made: T): T {
    const known = this.#known.find((one) => areEqual(one, made));
    if (known !== undefined) return known;
    // Somebody may make up options for each connection.
    if (this.#known.length < MOST_KNOWN) this.#known.push(made);
    return made;
  }
}

function areEqual<T extends object>(a: T, b: T): boolean {
  for (const key in a) if (!Object.is(a[key], b[key])) return false;
  return true;
}

const MOST_KNOWN = 32;
