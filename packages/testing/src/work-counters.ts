/** What a handler says it has done: `bytesScanned` and `bytesCopied`, as far as it has such numbers. */

import type { ChannelHandler } from "@sluice/core";

interface Counting {
  readonly bytesScanned?: unknown;
  readonly bytesCopied?: unknown;
}

export class WorkCounters {
  /** Since the beginning; undefined if the handler does not count. */
  scanned: number | undefined;
  copied: number | undefined;
  readonly #handler: Counting;
  readonly #scannedBefore: number;
  readonly #copiedBefore: number;

  constructor(handler: ChannelHandler) {
    this.#handler = handler as Counting;
    this.#scannedBefore = numberOr(this.#handler.bytesScanned, 0);
    this.#copiedBefore = numberOr(this.#handler.bytesCopied, 0);
  }

  look(): void {
    const { bytesScanned, bytesCopied } = this.#handler;
    if (typeof bytesScanned === "number") {
      this.scanned = Math.max(this.scanned ?? 0, bytesScanned - this.#scannedBefore);
    }
    if (typeof bytesCopied === "number") this.copied = Math.max(this.copied ?? 0, bytesCopied - this.#copiedBefore);
  }
}

/** The largest of the counts that are there, for each of `length` bytes. */
export function worstPerByte(counts: readonly (number | undefined)[], length: number): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : Math.max(...known) / Math.max(1, length);
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
