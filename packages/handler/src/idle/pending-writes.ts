/**
 * The writes that have not completed yet, oldest first, each with the moment it was made.
 *
 * ```
 *   oldest ▸ [12.0] ⇄ [12.5] ⇄ [40.0] ◂ newest      any of them may complete and leave, at constant cost
 * ```
 *
 * An entry is the completion that travels with its write. It passes the outcome on to the completion the write came
 * with or, if it came with none, reports a failure to the channel; also when it has long left the list.
 */
import type { Completion, FailureOwner } from "@sluice/core";

export class PendingWrites {
  oldest: PendingWrite | undefined;
  #newest: PendingWrite | undefined;

  add(startedAt: number, owner: FailureOwner, completion: Completion | undefined): PendingWrite {
    const write = new PendingWrite(this, startedAt, owner, completion);
    write.previous = this.#newest;
    if (this.#newest === undefined) this.oldest = write;
    else this.#newest.next = write;
    this.#newest = write;
    return write;
  }

  /** @param write An entry that is in this list. */
  remove(write: PendingWrite): void {
    const { previous, next } = write;
    if (previous === undefined) this.oldest = next;
    else previous.next = next;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    write.list = write.previous = write.next = undefined;
  }

  clear(): void {
    while (this.oldest !== undefined) this.remove(this.oldest);
  }
}

class PendingWrite implements Completion {
  readonly startedAt: number;
  /** Undefined once it has left. */
  list: PendingWrites | undefined;
  previous: PendingWrite | undefined = undefined;
  next: PendingWrite | undefined = undefined;
  readonly #owner: FailureOwner;
  readonly #completion: Completion | undefined;

  constructor(list: PendingWrites, startedAt: number, owner: FailureOwner, completion: Completion | undefined) {
    this.list = list;
    this.startedAt = startedAt;
    this.#owner = owner;
    this.#completion = completion;
  }

  succeed(): void {
    this.list?.remove(this);
    this.#completion?.succeed();
  }

  fail(error: Error): void {
    this.list?.remove(this);
    if (this.#completion === undefined) this.#owner.unawaitedFailure(error);
    else this.#completion.fail(error);
  }
}
