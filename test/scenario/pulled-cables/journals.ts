/** Sets the journals of two ends against each other: what each asked, what it was told, and what the other received. */
import { readFileSync } from "node:fs";
import { other, type Side } from "./namespace-pair.js";

interface Line {
  readonly at: number;
  readonly what:
    | ("asked" | "answered" | "failed" | "received" | "error" | "closed")
    | ("note" | "sent" | "unsent" | "uncertain" | "unacknowledged" | "noted" | "disconnected");
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

  /** How many notes were taken back, or lost in either of the two ways that are told. */
  notes(): Readonly<Record<"made" | "sent" | "unsent" | "uncertain" | "unacknowledged" | "received", number>> {
    return {
      made: this.count("client", "note"),
      sent: this.count("client", "sent"),
      unsent: this.count("client", "unsent"),
      uncertain: this.count("client", "uncertain"),
      unacknowledged: new Set(this.#numbers("client", "unacknowledged")).size,
      received: this.count("server", "noted"),
    };
  }

  /**
   * Everything that contradicts "a note ends in one way, is received at most once, and is not lost unreported": what was
   * not received was unsent, uncertain, or sent and not acknowledged when its channel was lost.
   */
  contradictionsOfNotes(): readonly string[] {
    const told: string[] = [];
    const ends = (["sent", "unsent", "uncertain"] as const).map((what) => countEach(this.#numbers("client", what)));
    const [, unsent, uncertain] = ends as [unknown, ReadonlyMap<number, number>, ReadonlyMap<number, number>];
    const unacknowledged = new Set(this.#numbers("client", "unacknowledged"));
    const received = countEach(this.#numbers("server", "noted"));
    const made = this.#numbers("client", "note");
    for (const n of made) {
      const times = ends.reduce((sum, counts) => sum + (counts.get(n) ?? 0), 0);
      if (times !== 1) told.push(`note ${n} ended ${times} times`);
      const isReported = unsent.has(n) || uncertain.has(n) || unacknowledged.has(n);
      if (!received.has(n) && !isReported) told.push(`note ${n} was lost and nobody was told`);
    }
    for (const [n, times] of received) {
      if (times > 1) told.push(`note ${n} was received ${times} times`);
      if (unsent.has(n)) told.push(`note ${n} was received and is said to be unsent`);
      if (!made.includes(n)) told.push(`note ${n} was received and never made`);
    }
    return told;
  }

  /** The notes in the order in which they arrived. */
  notesReceived(): readonly number[] {
    return this.#numbers("server", "noted");
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
