/**
 * A completion that lets a handler know that a write has ended, and then does what would have happened without it:
 * tells the completion the write came with or, if it came with none, reports a failure to the channel.
 *
 * It keeps nothing per write, so one object without a completion serves all writes that come without one.
 *
 * A `ChannelPromise` is wrapped like any other completion, not listened to: a listener of ours would count as
 * somebody who has heard of the failure, and a failed write nobody awaits would be lost.
 */
import type { Completion, FailureOwner } from "@sluice/core";

export interface WriteWatcher {
  /** A write has ended, successfully or not. Must not throw. */
  writeEnded(): void;
}

export class WatchedWrite implements Completion {
  readonly #watcher: WriteWatcher;
  readonly #owner: FailureOwner;
  readonly #completion: Completion | undefined;

  /** @param watcher Is told first, whether the write succeeded or failed. */
  constructor(watcher: WriteWatcher, owner: FailureOwner, completion: Completion | undefined) {
    this.#watcher = watcher;
    this.#owner = owner;
    this.#completion = completion;
  }

  succeed(): void {
    this.#watcher.writeEnded();
    this.#completion?.succeed();
  }

  fail(error: Error): void {
    this.#watcher.writeEnded();
    if (this.#completion === undefined) this.#owner.unawaitedFailure(error);
    else this.#completion.fail(error);
  }
}
