/**
 * The smallest cut that still fails: fewest chunks first, then fewest bytes.
 *
 * ```
 *   h|e|l|l|o|\r|\n|x  ──▶  hello\r|\nx  ──▶  \r|\n
 *                     merge            drop
 * ```
 *
 * Both steps try large pieces before small ones (delta debugging) and take turns until neither helps, so the result
 * is minimal in this sense: merging two neighbours or dropping one byte makes the failure go away. With `attempts`
 * used up it is only smaller.
 */

import { type Cut, joined } from "./cuts.js";

export function shrinkCut(cut: Cut, fails: (cut: Cut) => boolean, attempts: number): Cut {
  let best = cut;
  let left = attempts;
  const adopt = (candidate: Cut): boolean => {
    if (left-- <= 0 || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  let before: Cut;
  do {
    before = best;
    mergeChunks(() => best, adopt);
    dropBytes(() => best, adopt);
  } while (best !== before && left > 0);
  return best;
}

function mergeChunks(best: () => Cut, adopt: (candidate: Cut) => boolean): void {
  if (best().length < 2 || adopt([joined(best())])) return;
  // Chunks can be merged one by one into three that all matter although two cut elsewhere would do.
  const bytes = joined(best());
  if (best().length > 2 && bytes.length <= RETRIED_BYTES) {
    for (let at = 1; at < bytes.length; at++) if (adopt([bytes.subarray(0, at), bytes.subarray(at)])) return;
  }
  for (let size = best().length - 1; size >= 2; size = size === 2 ? 1 : Math.ceil(size / 2)) {
    for (let start = 0; start + size <= best().length; ) {
      const cut = best();
      const merged = joined(cut.slice(start, start + size));
      if (!adopt([...cut.slice(0, start), merged, ...cut.slice(start + size)])) start++;
    }
  }
}

function dropBytes(best: () => Cut, adopt: (candidate: Cut) => boolean): void {
  for (let size = joined(best()).length; size >= 1; size >>= 1) {
    for (let start = 0; start + size <= joined(best()).length; ) {
      if (!adopt(without(best(), start, size))) start += size;
    }
  }
}

/** The cut less `size` bytes from `start`; chunks that had no others are left out. */
function without(cut: Cut, start: number, size: number): Cut {
  const rest: Uint8Array[] = [];
  let at = 0;
  for (const chunk of cut) {
    const from = Math.max(0, Math.min(chunk.length, start - at));
    const to = Math.max(0, Math.min(chunk.length, start + size - at));
    at += chunk.length;
    if (from === to) rest.push(chunk);
    else if (to - from < chunk.length) rest.push(joined([chunk.subarray(0, from), chunk.subarray(to)]));
  }
  return rest;
}

/** Up to this many bytes every place for a single cut is tried. */
const RETRIED_BYTES = 64;
