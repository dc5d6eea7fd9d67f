/**
 * Finding the end of a frame, whatever the delimiters, with each byte looked at once.
 *
 * The earliest delimiter ends the frame, and of several that begin at the same place the longest. So a delimiter that is
 * the beginning of another (`\r` of `\r\n`) is not decided before the next byte, or the end of the stream, is there.
 *
 * ```
 *   |<----------- looked at, not looked at again ------------>|
 *   |  content, certainly           |  may belong to a        |  not
 *   |                               |  delimiter (pending)    |  arrived
 *   start                                                     end
 * ```
 *
 * A search keeps its place relative to the start of the frame, so the bytes may move to other memory in between.
 */
import type { ByteBuf } from "@sluice/buffer";
import { DelimiterAutomaton } from "./delimiter-automaton.js";
import { DelimiterTailSearch } from "./delimiter-tail-search.js";

export interface DelimiterSearch {
  /** Length of the delimiter that was found; 0 for a byte that must not stand where it does. */
  readonly delimiterLength: number;
  /** Bytes looked at by the last {@link find}. */
  readonly examined: number;
  /**
   * Length of the content in front of the next delimiter, or -1 when it is not there yet. After a find the frame and its
   * delimiter must be consumed before the next call.
   *
   * @param atEnd No more bytes will come: what is undecided is decided.
   */
  find(input: ByteBuf, atEnd: boolean): number;
  /** After -1: bytes at the end of `input` that may turn out to be part of a delimiter. */
  pending(input: ByteBuf): number;
  /** After -1: `n` bytes in front of the pending ones have been consumed. */
  dropped(n: number): void;
}

/** The fastest search there is for these delimiters. */
export function delimiterSearch(delimiters: readonly Uint8Array[]): DelimiterSearch {
  return DelimiterTailSearch.suits(delimiters)
    ? new DelimiterTailSearch(delimiters)
    : new DelimiterAutomaton(delimiters);
}
