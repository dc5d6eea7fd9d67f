/**
 * `DataView`s of the arrays that bytes pass through, made once per array.
 *
 * A `DataView` reads and writes words at any place and makes no object while it does; making one costs a hundred times as
 * much as reading a word. Messages come from one slab after another, so the last few arrays are remembered.
 */

/** Arrays up to the size of a transport's slab are worth remembering; larger ones would be kept alive. */
export const LARGEST_REMEMBERED = 128 * 1024;

/** All of `array`, of at most {@link LARGEST_REMEMBERED} bytes, for reading and writing words. */
export function dataViewOf(array: Uint8Array): DataView {
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
