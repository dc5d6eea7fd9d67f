/** Sets the journals of two ends against each other: what each asked, what it was told, and what the other received. */
import { readFileSync } from "node:fs";
import { other, type Side } from "./namespace-pair.js";

interface Line {
  readonly at: number;
  readonly what: "asked" | "answered" | "failed" | "received" | "error" | "closed";
  readonly n?: number;
  readonly code?: string;
}

export class Journals {
  readonly #lines: Record<Side, readonly Line[]>;

  constructor(files: Readonly<Record<Side, string>>) {
    this.#lines = { client: read(files.client), server: read(files.server) };
  }

  /** How many of a side's requests ended so. */
  count(side: Side, what: Line["what"]): number {
    return this.#numbers(side, what).length;
  }

  /** How many requests were received whose asker had them reported as failed: carried out, perhaps, but unanswered. */
  uncertain(side: Side): number {
    const received = new Set(this.#numbers(other(side), "received"));
    return this.#numbers(side, "failed").filter((n) => received.has(n)).length;
  }

  /**
   * Everything that contradicts "answered or reported, and received at most once".
   *
   * @param killed An end that could not report any more.
   */
  contradictions(killed?: Side): readonly string[] {
    return (["client", "server"] as const).flatMap((asker) => {
      const asked = this.#numbers(asker, "asked");
      const ended = countEach([...this.#numbers(asker, "answered"), ...this.#numbers(asker, "failed")]);
      const received = countEach(this.#numbers(other(asker), "received"));
      const told: string[] = [];
      for (const n of asked) {
        const ends = ended.get(n) ?? 0;
        if (ends !== 1 && !(ends === 0 && asker === killed)) told.push(`${asker}'s request ${n} ended ${ends} times`);
      }
      for (const n of this.#numbers(asker, "answered")) {
        if (!received.has(n)) told.push(`${asker}'s request ${n} was answered by nobody`);
      }
      for (const [n, times] of received) {
        if (times > 1) told.push(`${asker}'s request ${n} was received ${times} times`);
        if (!asked.includes(n)) told.push(`${asker}'s request ${n} was received and never asked`);
      }
      return told;
    });
  }

  #numbers(side: Side, what: Line["what"]): readonly number[] {
    return this.#lines[side].filter((line) => line.what === what).map(({ n }) => n as number);
  }
}

function countEach(numbers: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
  return counts;
}

/** A line that its writer was killed over is none. */
function read(file: string): readonly Line[] {
  const complete = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return complete.map((line) => JSON.parse(line) as Line);
}
