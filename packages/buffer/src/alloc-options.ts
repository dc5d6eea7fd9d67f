/** What buffers can be given when they are made. */
import type { TextEncoding } from "./text.js";

/** Options of `ByteBuf.alloc`. */
export interface AllocOptions {
  /**
   * Total bytes the buffer may grow to, head-room included. Growth at least doubles and moves to new memory.
   * @default the first capacity: it does not grow
   */
  readonly maxCapacity?: number;
  /**
   * Bytes kept free in front of the first written byte, for a length field `ByteBuf.prepend` writes later.
   * @default 0
   */
  readonly headRoom?: number;
}

/** Options of `ByteBuf.fromString`. */
export interface FromStringOptions {
  /** @default "utf8" */
  readonly encoding?: TextEncoding;
  /**
   * Bytes kept free in front, as for {@link AllocOptions}.
   * @default 0
   */
  readonly headRoom?: number;
}
