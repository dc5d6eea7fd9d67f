/** What few buffers need, kept apart from `ByteBuf`: every field there is paid for by every slice. */
export class RareState {
  /** Bytes the buffer may grow to; undefined when it does not grow. */
  declare readonly maxCapacity: number | undefined;
  /** Bytes in front that were reserved and are not used yet. */
  declare headRoom: number;
  /** The view of the last native search. It begins at index 0 of the buffer. */
  declare view: Uint8Array | undefined;

  constructor(maxCapacity: number | undefined, headRoom: number) {
    this.maxCapacity = maxCapacity;
    this.headRoom = headRoom;
    this.view = undefined;
  }
}
