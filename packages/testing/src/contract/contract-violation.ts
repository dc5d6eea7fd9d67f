/** What a case of a contract fails with: which rule is broken, how, and what had happened until then. */

export class ContractViolation extends Error {
  override readonly name: string = "ContractViolation";
  /** The name of the case. */
  readonly rule: string;
  /** What the channels of the case did, oldest first. */
  readonly trace: readonly string[];

  constructor(rule: string, reason: unknown, trace: readonly string[]) {
    const why = reason instanceof Error ? reason.message : String(reason);
    const shown = trace.length > LONGEST_TRACE ? ["…", ...trace.slice(-LONGEST_TRACE)] : trace;
    super(`${rule}\n\n${why}\n\nUntil then: ${shown.join(" · ") || "nothing"}`, { cause: reason });
    this.rule = rule;
    this.trace = trace;
  }
}

/** Steps a report shows. */
const LONGEST_TRACE = 80;
