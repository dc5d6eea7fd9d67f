/**
 * Tells whether a channel's output has moved between two looks, although perhaps no write has completed.
 *
 * Three things are compared: when a write completed last, which message is being sent, and how many bytes are
 * queued. A single message that leaves slowly moves none of them until it has left.
 */
import type { ChannelOutboundBuffer } from "@sluice/core";

export class OutputWatch {
  #lastWrite = Number.NaN;
  #message: unknown;
  #pendingBytes = 0;

  /** Takes a look. @returns whether anything differs from the look before */
  hasMoved(queue: ChannelOutboundBuffer, lastWrite: number): boolean {
    const message = queue.flushedLength > 0 ? queue.peek(0) : undefined;
    const { pendingBytes } = queue;
    const moved = lastWrite !== this.#lastWrite || message !== this.#message || pendingBytes !== this.#pendingBytes;
    this.#lastWrite = lastWrite;
    this.#message = message;
    this.#pendingBytes = pendingBytes;
    return moved;
  }

  /** Lets go of the message, which would otherwise be kept alive until the next look. */
  forget(): void {
    this.#message = undefined;
  }
}
