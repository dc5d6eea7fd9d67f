/**
 * Copies bytes between two arrays that do not overlap: what everything on the way of a message uses.
 *
 * Up to {@link LONGEST_WORDS} bytes go by words through a `DataView`, which makes no object: 64 bytes took 28 ns, against
 * 52 ns for a view and `set`, and 120 ns for a byte loop. The `DataView`s are made once per array: messages come from one
 * slab after another, so the last few arrays are remembered, unless they are large and would be kept alive.
 */

/** Copies `length` bytes of `from`, from `start` on, to `to`, from `at` on. The caller has checked the bounds. */
export function copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > LONGEST_WORDS || from.length > LARGEST_REMEMBERED || to.length > LARGEST_REMEMBERED) {
    // Not `subarray`: on a Node `Buffer` that costs three times as much.
    to.set(new Uint8Array(from.buffer, from.byteOffset + start, length), at);
    return;
  }
  const reading = viewOf(from);
  const writing = viewOf(to);
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    writing.setUint32(at + i, reading.getUint32(start + i));
    writing.setUint32(at + i + 4, reading.getUint32(start + i + 4));
    writing.setUint32(at + i + 8, reading.getUint32(start + i + 8));
    writing.setUint32(at + i + 12, reading.getUint32(start + i + 12));
  }
  for (; i + 4 <= length; i += 4) writing.setUint32(at + i, reading.getUint32(start + i));
  for (; i < length; i++) to[at + i] = from[start + i]!;
}

/** Beyond this a view and `set` win. */
const LONGEST_WORDS = 96;
/** Arrays up to the size of a transport's slab are worth remembering. */
const LARGEST_REMEMBERED = 128 * 1024;

function viewOf(array: Uint8Array): DataView {
  if (array === array0) return view0;
  if (array === array1) return view1;
  if (array === array2) return view2;
  if (array === array3) return view3;
  return remember(array);
}

/** The four that a message meets on its way: the read buffer, the slab it is kept in, an encoder's slab, a transport's. */
let array0: Uint8Array = new Uint8Array(0);
let array1 = array0;
let array2 = array0;
let array3 = array0;
let view0 = new DataView(array0.buffer);
let view1 = view0;
let view2 = view0;
let view3 = view0;
let oldest = 0;

function remember(array: Uint8Array): DataView {
  const view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  if (oldest === 0) [array0, view0] = [array, view];
  else if (oldest === 1) [array1, view1] = [array, view];
  else if (oldest === 2) [array2, view2] = [array, view];
  else [array3, view3] = [array, view];
  oldest = (oldest + 1) & 3;
  return view;
}
