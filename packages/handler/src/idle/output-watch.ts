/**
 * Tells whether a channel's output has moved between two looks, although perhaps no write has completed.
 *
 * Four things are compared: when a write completed last, how many messages have left the queue, how many bytes are in
 * it, and how many of those taken the system has no room for yet. The last one alone moves while a single large
 * message is on its way; transports that cannot tell it leave it out.
 */
import type { Channel, Connection } from "@sluice/core";

export class OutputWatch {
  #lastWrite = Number.NaN;
  #completed = 0;
  #pendingBytes = 0;
  #unsentBytes: number | undefined;

  /** Takes a look. @returns whether anything differs from the look before */
  hasMoved({ queue, end }: Pick<Channel["engine"], "queue" | "end">, lastWrite: number): boolean {
    const { completed, pendingBytes } = queue;
    const { unsentBytes } = end as Connection;
    const moved =
      lastWrite !== this.#lastWrite ||
      completed !== this.#completed ||
      pendingBytes !== this.#pendingBytes ||
      unsentBytes !== this.#unsentBytes;
    this.#lastWrite = lastWrite;
    this.#completed = completed;
    this.#pendingBytes = pendingBytes;
    this.#unsentBytes = unsentBytes;
    return moved;
  }
}
