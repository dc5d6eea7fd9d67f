import type { NativeSearch } from "./search.js";

/** What few buffers need, kept apart from `ByteBuf`: every field there is paid for by every slice. */
export class RareState {
  /** Bytes the buffer may grow to; undefined when it does not grow. */
  declare readonly maxCapacity: number | undefined;
  /** Bytes in front that were reserved and are not used yet. */
  declare headRoom: number;
  /** The last native search. It begins at index 0 of the buffer. */
  declare search: NativeSearch | undefined;

  /** Whether the bytes came from the wire: neither they nor those before them in the array are written again. */
  declare readonly isReceived: boolean;

  constructor(maxCapacity: number | undefined, headRoom: number, isReceived = false) {
    this.maxCapacity = maxCapacity;
    this.headRoom = headRoom;
    this.search = undefined;
    this.isReceived = isReceived;
  }
}

/** Shared by all buffers of received bytes; never written to. */
export const RECEIVED = new RareState(undefined, 0, true);
