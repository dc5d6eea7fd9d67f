/**
 * Two traces side by side, with what differs marked.
 *
 * ```
 *     uncut        | cut
 *     bytes "one"  | bytes "one"
 *   ≠ bytes "two"  | bytes "tw"
 *   ≠              | bytes "o"
 *     bytes "end"  | bytes "end"
 * ```
 *
 * What both begin and end with is set off first, so that one entry too many does not make all later rows differ.
 */

export interface TraceColumns {
  readonly titles: readonly [left: string, right: string];
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Whether the entries with these indexes count as the same. */
  readonly alike: (left: number, right: number) => boolean;
}

type Row = readonly [left: string | undefined, right: string | undefined, alike: boolean];

export function formatColumns(columns: TraceColumns): string {
  const { left, right, alike, titles } = columns;
  const shorter = Math.min(left.length, right.length);
  let head = 0;
  while (head < shorter && alike(head, head)) head++;
  let tail = 0;
  while (tail < shorter - head && alike(left.length - 1 - tail, right.length - 1 - tail)) tail++;

  const rows: Row[] = [];
  for (let at = 0; at < head; at++) rows.push([left[at], right[at], true]);
  for (let at = head; at < Math.max(left.length, right.length) - tail; at++) {
    const inLeft = at < left.length - tail;
    const inRight = at < right.length - tail;
    const same = inLeft && inRight && alike(at, at);
    rows.push([inLeft ? left[at] : undefined, inRight ? right[at] : undefined, same]);
  }
  for (let at = tail; at > 0; at--) rows.push([left[left.length - at], right[right.length - at], true]);
  return layOut(titles, rows, head);
}

/** The rows around the first that differs. */
function layOut(titles: TraceColumns["titles"], rows: readonly Row[], firstDifference: number): string {
  const first = Math.max(0, firstDifference - ROWS_BEFORE);
  const shown = rows.slice(first, first + ROWS);
  const texts = shown.map(([left, right]) => clipBoth(left ?? "", right ?? ""));
  const width = Math.max(titles[0].length, ...texts.map(([left]) => left.length));
  const lines = [`    ${titles[0].padEnd(width)} | ${titles[1]}`];
  if (first > 0) lines.push(`    … ${first} alike`);
  for (const [at, [left, right]] of texts.entries()) {
    lines.push(`  ${shown[at]![2] ? " " : "≠"} ${left.padEnd(width)} | ${right}`.trimEnd());
  }
  const more = rows.length - first - shown.length;
  if (more > 0) lines.push(`    … ${more} more`);
  return lines.join("\n");
}

/** Long texts are shown from shortly before the place where they part. */
function clipBoth(left: string, right: string): [left: string, right: string] {
  let parting = 0;
  while (parting < left.length && left[parting] === right[parting]) parting++;
  const from = Math.max(left.length, right.length) <= WIDTH ? 0 : Math.max(0, parting - WIDTH / 2);
  return [clip(left, from), clip(right, from)];
}

function clip(text: string, from: number): string {
  const part = text.slice(from, from + WIDTH);
  return `${from > 0 && part !== "" ? "…" : ""}${part}${from + WIDTH < text.length ? "…" : ""}`;
}

const WIDTH = 60;
const ROWS = 16;
const ROWS_BEFORE = 3;
