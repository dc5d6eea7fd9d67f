/** What became of the requests, a line for each fault and way of matching. */

export interface Tally {
  readonly fault: string;
  readonly kind: string;
  readonly connections: number;
  readonly made: number;
  readonly answered: number;
  readonly timedOut: number;
  readonly failed: number;
  /** Got somebody else's answer. */
  readonly wrong: number;
  /** Answers to requests that had been given up. */
  readonly late: number;
  /** Answers to nothing. */
  readonly unexpected: number;
  /** The longest that a request lived beyond its timeout; negative if none did. */
  readonly overdueMs: number;
  /** What requests failed with, and how many. */
  readonly codes: Readonly<Record<string, number>>;
}

const COLUMNS = ["connections", "made", "answered", "timedOut", "failed", "wrong", "late"] as const;
const WIDTH = 12;

export function outcomeTable(tallies: readonly Tally[]): string {
  const head = line("fault", "matched", [...COLUMNS], "failed with");
  return [head, ...tallies.map((tally) => line(tally.fault, tally.kind, numbers(tally), codes(tally)))].join("\n");
}

function numbers(tally: Tally): readonly number[] {
  return COLUMNS.map((name) => tally[name]);
}

function codes({ codes }: Tally): string {
  return Object.entries(codes)
    .map(([code, count]) => `${count} ${code}`)
    .join(", ");
}

function line(fault: string, kind: string, cells: readonly (string | number)[], rest: string): string {
  const columns = cells.map((cell) => String(cell).padStart(WIDTH)).join("");
  return `  ${fault.padEnd(WIDTH)}${kind.padEnd(WIDTH)}${columns}  ${rest}`.trimEnd();
}
