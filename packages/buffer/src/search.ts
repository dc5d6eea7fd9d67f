/**
 * Searching a window of an array without looking outside it.
 *
 * A native search is fast once under way but has no end position, so it needs a view that ends where the window
 * does. Making one costs as much as looking at 64 bytes: below that the bytes are looked at one by one, above it the
 * caller brings the view, which it keeps for the next search.
 *
 * `offset` is where index 0 lies in `array`; `view` begins there and ends at `to`.
 */

/** A window up to this long is searched without a view. Break-even on a Node `Buffer` and on a plain array. */
export const SHORT_SEARCH = 64;

/**
 * Bytes looked at before the native search: a call costs 13–20 ns, an empty or tiny piece should not pay it.
 * 4 makes those 5 ns and everything else 3 ns slower; 16 made everything else 15 ns slower.
 */
const NEAR = 4;

/** Index of the first `value` from `from` to `to`, or -1. */
export function indexOfByte(
  array: Uint8Array,
  offset: number,
  value: number,
  from: number,
  to: number,
  view: Uint8Array | undefined,
): number {
  const near = view === undefined ? to : Math.min(to, from + NEAR);
  for (let i = from; i < near; i++) if (array[offset + i] === value) return i;
  return view === undefined || near === to ? -1 : view.indexOf(value, near);
}

/** Index of the first `sequence` that lies wholly from `from` to `to`, or -1; an empty one is found at once. */
export function indexOfSequence(
  array: Uint8Array,
  offset: number,
  sequence: Uint8Array,
  from: number,
  to: number,
  view: Uint8Array | undefined,
): number {
  if (sequence.length === 0) return from;
  const first = sequence[0] as number;
  const last = to - sequence.length;
  for (let at = from; at <= last; at++) {
    at = indexOfByte(array, offset, first, at, to, view);
    if (at < 0 || at > last) return -1;
    let matched = 1;
    while (matched < sequence.length && array[offset + at + matched] === sequence[matched]) matched++;
    if (matched === sequence.length) return at;
  }
  return -1;
}
