/**
 * What a {@link Broadcast} fires in the pipeline of a reader that does not keep up: once when it falls behind, and once
 * when it has caught up. What it has missed by then is told, so that a protocol may say so, or send the state anew.
 */
export class SlowReaderEvent {
  readonly kind: "behind" | "caughtUp";
  /** Messages it has missed since it fell behind: dropped, or replaced by a later one with the same key. */
  readonly missed: number;

  constructor(kind: "behind" | "caughtUp", missed: number) {
    this.kind = kind;
    this.missed = missed;
  }

  toString(): string {
    return `SlowReaderEvent(${this.kind}, missed ${this.missed})`;
  }
}
