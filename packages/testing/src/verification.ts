/**
 * The course of a verification: which runs are made, what each is compared with, and how a failure is narrowed down.
 *
 * The questions are asked from the simplest to the subtlest, so that what is reported first is what to mend first:
 *
 * ```
 *   uncut ─ twice the same? ─ as expected? ─ parts in time? ─▶ cuts ─▶ embedded ─▶ copies ─▶ removal
 * ```
 */

import type { ChannelHandler } from "@sluice/core";
import { byteByByte, type Cut, joined, randomCut, threeWayCuts, twoWayCuts } from "./cuts.js";
import { type Problem, type RunPlan, type RunResult, runDecoder } from "./decoder-run.js";
import { describeHex, describeValue } from "./describe-value.js";
import { compareWithExpected, type ExpectedError } from "./expected-trace.js";
import { formatCut, formatReport } from "./failure-report.js";
import { SeededRandom } from "./seeded-random.js";
import { shrinkCut } from "./shrink-cut.js";
import { countingSteps, StepBudget } from "./step-budget.js";
import { afterEnd, beforeEnd, END, type ErrorEntry, errorText, REMOVED, sameTrace, type TraceEntry } from "./trace.js";
import type { TraceColumns } from "./trace-columns.js";
import { VerificationError, type VerificationProblem } from "./verification-error.js";
import type { VerificationReport } from "./verify-decoder.js";

/** The options of `verifyDecoder` with nothing left open. */
export interface VerificationPlan {
  readonly decoder: () => ChannelHandler | readonly ChannelHandler[];
  readonly pieces: readonly Uint8Array[];
  /** For each piece, or undefined when messages are not compared. */
  readonly messages: readonly (readonly unknown[])[] | undefined;
  readonly errors: readonly (string | ExpectedError)[] | undefined;
  /** Undefined is the default, false leaves removal out. */
  readonly leftover: Uint8Array | false | undefined;
  readonly removeAfter: number | undefined;
  readonly isRepeatable: boolean;
  readonly maxScannedPerByte: number;
  readonly maxCopiedPerByte: number;
  readonly twoWayUpTo: number;
  readonly threeWayUpTo: number;
  readonly randomCuts: number;
  readonly seed: number;
}

/** A problem, the run that shows it, and how it compares. */
export interface Failure extends Problem {
  readonly run: RunPlan;
  readonly columns?: TraceColumns;
}

export class Verification {
  readonly #plan: VerificationPlan;
  readonly #input: Uint8Array;
  readonly #random: SeededRandom;
  #budget: StepBudget | undefined;
  #uncut: { readonly bytes: Uint8Array; readonly removal: RunPlan["removal"]; readonly result: RunResult }[] = [];
  #runs = 0;
  #scanned: number | undefined;
  #copied: number | undefined;

  constructor(plan: VerificationPlan) {
    this.#plan = plan;
    this.#input = joined(plan.pieces);
    this.#random = new SeededRandom(plan.seed);
  }

  run(): VerificationReport {
    return countingSteps(
      () => this.#budget,
      () => {
        const uncut = this.#checkUncut();
        this.#checkCuts();
        this.#checkCopies(uncut);
        if (this.#mayRemove(uncut)) this.#checkRemoval();
        return { cuts: this.#runs, scanned: this.#scanned, copied: this.#copied, seed: this.#plan.seed };
      },
    );
  }

  #checkUncut(): RunResult {
    const { messages, errors, pieces } = this.#plan;
    const run = uncutRun(this.#input, "never");
    this.#expectNoFailure(run, this.#input);
    const uncut = this.#uncutResult(this.#input, "never");
    const again = this.#run(run);
    if (!sameTrace(uncut.trace, again.trace)) {
      const headline = "Two decoders give different traces for the same uncut bytes; do they share state?";
      this.#report({ kind: "not-deterministic", headline, run, columns: columnsOf(["first", "second"], uncut, again) });
    }
    const columns = compareWithExpected(uncut.trace, messages?.flat(), errors);
    if (columns !== undefined) {
      this.#report({ kind: "wrong-trace", headline: "The uncut input does not give what was expected", run, columns });
    }
    if (pieces.length > 1) this.#checkParts();
    return uncut;
  }

  /** Each part of the input but the last must have given its messages before the next arrives. */
  #checkParts(): void {
    const { messages = [], pieces } = this.#plan;
    const run: RunPlan = { ...PLAIN, cut: pieces };
    this.#expectNoFailure(run);
    const { messagesAfter } = this.#run(run);
    let due = 0;
    for (let at = 0; at < pieces.length - 1; at++) {
      due += messages[at]!.length;
      const came = messagesAfter[at] ?? messagesAfter.at(-1) ?? 0;
      if (came === due) continue;
      const headline = `After part ${at + 1} of the input ${due} message(s) should have come out, not ${came}`;
      this.#report({ kind: "late", headline, run: { ...run, cut: pieces.slice(0, at + 1) } });
    }
  }

  #checkCuts(): void {
    const { twoWayUpTo, threeWayUpTo, randomCuts } = this.#plan;
    const bytes = this.#input;
    const random = this.#random;
    const check = (cut: Cut, how?: Partial<RunPlan>) => this.#expectNoFailure({ ...PLAIN, ...how, cut }, bytes);
    check([bytes], EMBEDDED);
    for (const cut of twoWayCuts(bytes, twoWayUpTo, random)) check(cut);
    if (bytes.length <= threeWayUpTo) for (const cut of threeWayCuts(bytes)) check(cut);
    check(byteByByte(bytes));
    check(byteByByte(bytes), EMBEDDED);
    check([bytes], READ);
    check(byteByByte(bytes), READ);
    check([NOTHING, bytes, NOTHING]);
    check(byteByByte(bytes).flatMap((chunk) => [NOTHING, chunk]));
    const draws = Math.min(randomCuts, 2 ** bytes.length);
    for (let i = 0; i < draws; i++) check(randomCut(bytes, random), HOW[i % HOW.length]);
  }

  /** Three copies of the input are just another input, so every cut of them must give one trace. */
  #checkCopies(uncut: RunResult): void {
    const input = this.#input;
    if (input.length === 0) return;
    const copies = [input, input, input];
    const bytes = joined(copies);
    if (this.#plan.isRepeatable) this.#checkRepeats(uncut, bytes);
    this.#expectNoFailure({ ...PLAIN, cut: copies }, bytes);
    this.#expectNoFailure({ ...PLAIN, cut: byteByByte(bytes) }, bytes);
  }

  #checkRepeats(uncut: RunResult, bytes: Uint8Array): void {
    const once = beforeEnd(uncut.trace);
    const length = this.#input.length;
    const expected = [
      ...once,
      ...once.map((entry) => moved(entry, length)),
      ...once.map((entry) => moved(entry, 2 * length)),
    ];
    const run = uncutRun(bytes, "never");
    this.#expectNoFailure(run, bytes);
    const actual = this.#uncutResult(bytes, "never");
    expected.push(END, ...afterEnd(uncut.trace));
    if (afterEnd(uncut.trace).length === 0 && sameTrace(expected, actual.trace)) return;
    const headline = "Three copies of the input do not give three times its trace";
    const columns = columnsOf(["three times one", "three copies"], { trace: expected }, actual);
    this.#report({ kind: "not-repeatable", headline, run, columns });
  }

  #mayRemove(uncut: RunResult): boolean {
    const { leftover, removeAfter } = this.#plan;
    if (leftover === false) return false;
    return uncut.handlers === 1 || leftover !== undefined || removeAfter !== undefined;
  }

  #checkRemoval(): void {
    const { leftover, removeAfter, twoWayUpTo, randomCuts } = this.#plan;
    const bytes = this.#input;
    const removal = removeAfter ?? "after input";
    const check = (cut: Cut, how?: Partial<RunPlan>) =>
      this.#expectNoFailure({ ...PLAIN, ...how, removal, cut }, bytes);
    this.#expectNoFailure(uncutRun(bytes, removal), bytes);
    if (leftover instanceof Uint8Array) {
      const { trace } = this.#uncutResult(bytes, removal);
      const failure = comparedLeftover(trace, leftover);
      const option = `leftover: ByteBuf.fromHex("${describeHex(leftover)}")`;
      if (failure !== undefined) this.#report({ ...failure, option, run: uncutRun(bytes, removal) });
    }
    for (const cut of twoWayCuts(bytes, Math.min(twoWayUpTo, REMOVALS_UP_TO), this.#random)) check(cut);
    check(byteByByte(bytes), EMBEDDED);
    const draws = Math.min(randomCuts / REMOVAL_SHARE, 2 ** bytes.length);
    for (let i = 0; i < draws; i++) check(randomCut(bytes, this.#random));
  }

  // ── single checks ──────────────────────────────────────────────────────────────────────────────────────────

  #expectNoFailure(run: RunPlan, bytes: Uint8Array = joined(run.cut)): void {
    const failure = this.#failureOf(run, bytes);
    if (failure !== undefined) this.#report(this.#shrunk(failure));
  }

  /** What is wrong with a run, on its own or beside the run over the same bytes uncut. */
  #failureOf(run: RunPlan, bytes: Uint8Array): Failure | undefined {
    const uncut = this.#uncutResult(bytes, run.removal);
    if (uncut.problem !== undefined) return { ...uncut.problem, run: uncutRun(bytes, run.removal) };
    const lost = this.#lostAtRemoval(uncut, bytes, run.removal);
    if (lost !== undefined) return { ...lost, run: uncutRun(bytes, run.removal) };
    if (run.cut.length <= 1 && !run.embedded && !run.isRead) return undefined;
    const result = this.#run(run);
    if (result.problem !== undefined) return { ...result.problem, run };
    if (sameTrace(uncut.trace, result.trace)) return undefined;
    if (run.embedded || run.isRead) {
      // The cut is to blame unless the same cut does no harm otherwise.
      const plain = this.#failureOf({ ...run, embedded: false, isRead: false }, bytes);
      if (plain !== undefined) return plain;
    }
    const { kind, headline, titles } = run.embedded ? BY_POSITION : run.isRead ? BY_READER : BY_CUT;
    return { kind, headline, run, columns: columnsOf(titles, uncut, result) };
  }

  /**
   * Bytes that were held must be handed on. How many that were is known only when the stream, had it ended instead,
   * would have given a plain account of them: one FRAME_TRUNCATED with a length, or nothing.
   */
  #lostAtRemoval(removed: RunResult, bytes: Uint8Array, removal: RunPlan["removal"]): Problem | undefined {
    if (removal !== "after input" || this.#plan.leftover !== undefined) return undefined;
    // One that closed the channel by itself was out before.
    if (!removed.trace.includes(REMOVED)) return undefined;
    const { trace, problem } = this.#uncutResult(bytes, "never");
    if (problem !== undefined || beforeEnd(trace).some(({ kind }) => kind === "error")) return undefined;
    const [account, ...more] = afterEnd(trace);
    if (account === undefined) return comparedLeftover(removed.trace, NOTHING);
    if (more.length > 0 || account.kind !== "error" || account.code !== "FRAME_TRUNCATED") return undefined;
    const { length } = account;
    if (length === undefined || length > bytes.length) return undefined;
    return comparedLeftover(removed.trace, bytes.subarray(bytes.length - length));
  }

  #uncutResult(bytes: Uint8Array, removal: RunPlan["removal"]): RunResult {
    const known = this.#uncut.find((other) => other.bytes === bytes && other.removal === removal);
    if (known !== undefined) return known.result;
    const result = this.#run(uncutRun(bytes, removal));
    this.#uncut = [{ bytes, removal, result }, ...this.#uncut.slice(0, 3)];
    return result;
  }

  #run(run: RunPlan): RunResult {
    const length = run.cut.reduce((total, chunk) => total + chunk.length, 0);
    this.#budget = new StepBudget(stepsFor(length + run.cut.length));
    try {
      const result = runDecoder(this.#plan.decoder, run, this.#plan, this.#budget);
      this.#runs++;
      if (result.scanned !== undefined) this.#scanned = Math.max(this.#scanned ?? 0, result.scanned);
      if (result.copied !== undefined) this.#copied = Math.max(this.#copied ?? 0, result.copied);
      return result;
    } finally {
      this.#budget = undefined;
    }
  }

  // ── failures ───────────────────────────────────────────────────────────────────────────────────────────────

  /** The smallest cut that fails in the same way. */
  #shrunk(failure: Failure): Failure {
    let smallest = failure;
    shrinkCut(
      failure.run.cut,
      (cut) => {
        const candidate = this.#failureOf({ ...smallest.run, cut }, joined(cut));
        if (candidate?.kind !== failure.kind || candidate.run.cut.length > cut.length) return false;
        smallest = candidate;
        return true;
      },
      SHRINK_ATTEMPTS,
    );
    return smallest;
  }

  #report(failure: Failure): never {
    const { seed } = this.#plan;
    throw new VerificationError(
      failure.kind,
      formatCut(failure.run.cut),
      seed,
      formatReport(failure, seed),
      failure.cause,
    );
  }
}

/** All bytes in one chunk; no bytes in none. */
function uncutRun(bytes: Uint8Array, removal: RunPlan["removal"]): RunPlan {
  return { ...PLAIN, removal, cut: bytes.length === 0 ? [] : [bytes] };
}

function comparedLeftover(
  trace: readonly TraceEntry[],
  leftover: Uint8Array,
): (Problem & { columns: TraceColumns }) | undefined {
  const handedOn = trace.find((entry) => entry.kind === "handed on")?.text;
  const expected = leftover.length === 0 ? undefined : `handed on ${describeValue(leftover)}`;
  if (handedOn === expected) return undefined;
  return {
    kind: "lost-at-removal",
    headline: "A decoder that is taken out must hand on the bytes it holds",
    columns: {
      titles: ["expected", "actual"],
      left: [expected ?? "nothing"],
      right: [handedOn ?? "nothing"],
      alike: () => false,
    },
  };
}

function columnsOf(
  titles: TraceColumns["titles"],
  left: Pick<RunResult, "trace">,
  right: Pick<RunResult, "trace">,
): TraceColumns {
  return {
    titles,
    left: left.trace.map(({ text }) => text),
    right: right.trace.map(({ text }) => text),
    alike: (a, b) => left.trace[a]!.text === right.trace[b]!.text,
  };
}

/** The entry as a later copy of the input gives it: errors tell their place in the stream. */
function moved(entry: TraceEntry, by: number): TraceEntry {
  if (entry.kind !== "error" || entry.offset === undefined) return entry;
  const there: ErrorEntry = { ...entry, offset: entry.offset + by };
  return { ...there, text: errorText(there) };
}

/** Room for any decoder that is merely slow, quadratic ones included, up to where the test itself would be too slow. */
function stepsFor(size: number): number {
  return Math.min(50_000_000, 1000 * (size + 64) + (size + 64) ** 2);
}

const PLAIN: RunPlan = { cut: [], embedded: false, isRead: false, removal: "never" };
const EMBEDDED = { embedded: true } as const;
const READ = { isRead: true } as const;
/** How random cuts are run, in turn. */
const HOW: readonly Partial<RunPlan>[] = [PLAIN, EMBEDDED, READ];

interface Difference {
  readonly kind: VerificationProblem;
  readonly headline: string;
  readonly titles: TraceColumns["titles"];
}

const BY_CUT: Difference = {
  kind: "cut-dependent",
  headline: "Cutting the input changes what comes out",
  titles: ["uncut", "cut"],
};
const BY_POSITION: Difference = {
  kind: "position-dependent",
  headline: "Chunks that lie inside a larger buffer are decoded differently",
  titles: ["alone", "inside"],
};
const BY_READER: Difference = {
  kind: "reader-dependent",
  headline: "Reading a message changes what comes after it; the decoder still uses the buffer it gave away",
  titles: ["kept", "read"],
};

const NOTHING = new Uint8Array(0);
/** Up to this many bytes a decoder is taken out behind every two-way cut. */
const REMOVALS_UP_TO = 256;
/** For every so many random cuts one is drawn behind which the decoder is taken out. */
const REMOVAL_SHARE = 4;
/** Shrinking tries this many smaller cuts; a few dozen bytes need a few hundred. */
const SHRINK_ATTEMPTS = 2000;
