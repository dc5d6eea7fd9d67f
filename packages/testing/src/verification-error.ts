/** Why a decoder failed its verification, with the smallest input and cut that show it. */

/**
 * What is wrong, in a word to branch on.
 *
 * - `wrong-trace`: the uncut input does not give the expected messages and errors.
 * - `cut-dependent`: a cut gives another trace than the same bytes uncut.
 * - `position-dependent`: chunks inside a larger buffer give another trace than chunks on their own.
 * - `reader-dependent`: reading a message changes what comes after it: the decoder goes on using the buffer.
 * - `not-deterministic`: two decoders of the factory do not do the same; perhaps they share state.
 * - `not-repeatable`: repeated input does not repeat the trace, though {@link VerifyDecoderOptions.repeatable} says so.
 * - `late`: a part of the input did not give its messages by the time its bytes had arrived.
 * - `after-end`: something came out after channelInactive.
 * - `inactive-lost`: channelInactive was not passed on.
 * - `uncoded-error`: an error has no `code`; it is the `cause`.
 * - `message-changed`: what was emitted changed afterwards.
 * - `chunk-written`: memory of the input was written to.
 * - `too-much-scanned`, `too-much-copied`: the decoder's own counters pass a limit.
 * - `endless`: the decoder loops.
 * - `lost-at-removal`: bytes that were held are not handed on when the decoder is taken out.
 */
export type VerificationProblem =
  | "wrong-trace"
  | "cut-dependent"
  | "position-dependent"
  | "reader-dependent"
  | "not-deterministic"
  | "not-repeatable"
  | "late"
  | "after-end"
  | "inactive-lost"
  | "uncoded-error"
  | "message-changed"
  | "chunk-written"
  | "too-much-scanned"
  | "too-much-copied"
  | "endless"
  | "lost-at-removal";

/** What `verifyDecoder` throws. The message is the report; the fields are for tests of tests. */
export class VerificationError extends Error {
  override readonly name: string = "VerificationError";
  readonly problem: VerificationProblem;
  /** The smallest failing cut as hex, chunks divided by bars: `"0a 0b | 0c"`. */
  readonly cut: string;
  /** Repeats the random cuts when given to `verifyDecoder`. */
  readonly seed: number;

  constructor(problem: VerificationProblem, cut: string, seed: number, report: string, cause: unknown) {
    super(report, cause === undefined ? undefined : { cause });
    this.problem = problem;
    this.cut = cut;
    this.seed = seed;
  }
}
