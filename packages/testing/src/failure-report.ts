/** The text of a failure: what is wrong, the smallest input and cut that show it, and how to see it again. */

import { type Cut, joined } from "./cuts.js";
import { describeHex, describeValue } from "./describe-value.js";
import { formatColumns } from "./trace-columns.js";
import type { Failure } from "./verification.js";
import type { VerificationProblem } from "./verification-error.js";

/** Chunks as hex, divided by bars. */
export function formatCut(cut: Cut): string {
  return formatChunks(cut, Number.POSITIVE_INFINITY);
}

export function formatReport(failure: Failure, seed: number): string {
  const { run, headline, columns } = failure;
  const bytes = joined(run.cut);
  const isShort = bytes.length <= SHOWN_BYTES;
  // Test runners list failures by their first line.
  const lines = [bytes.length <= FIRST_LINE_BYTES ? `${headline}: ${formatCut(run.cut)}` : headline, ""];
  if (columns !== undefined) lines.push(formatColumns(columns), "");
  lines.push(`Smallest cut that fails: ${formatChunks(run.cut, SHOWN_BYTES)}${circumstances(failure)}`);
  if (isShort && run.cut.length > 0 && run.cut.every(isText)) lines.push(`              that is: ${asText(run.cut)}`);
  if (isShort && !WHOLE_INPUT.has(failure.kind)) lines.push(`To run it alone:         ${rerun(failure, bytes)}`);
  lines.push(`To repeat all of this:   seed: ${seed}`);
  return lines.join("\n");
}

/** Without expectations, which belong to the input that was given; what else the failure depends on is named. */
function rerun({ run, option }: Failure, bytes: Uint8Array): string {
  const options = [`decoder, input: ByteBuf.fromHex("${describeHex(bytes)}")`];
  if (option !== undefined) options.push(option);
  if (typeof run.removal === "number") options.push(`removeAfter: ${run.removal}`);
  return `verifyDecoder({ ${options.join(", ")} })`;
}

function circumstances({ run }: Failure): string {
  const words: string[] = [];
  if (run.embedded) words.push("each chunk inside a larger buffer");
  if (run.isRead) words.push("each message is read when it comes out");
  if (run.removal === "after input") words.push("then the decoder is taken out");
  if (typeof run.removal === "number") words.push(`the decoder is taken out by message ${run.removal}`);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function isText(chunk: Uint8Array): boolean {
  return describeValue(chunk).endsWith('"');
}

function asText(cut: Cut): string {
  return cut.map((chunk) => describeValue(chunk).replace("bytes ", "")).join(" | ");
}

function formatChunks(cut: Cut, shownBytes: number): string {
  if (cut.length === 0) return "(no bytes)";
  let left = shownBytes;
  const texts: string[] = [];
  for (const chunk of cut) {
    if (left <= 0) return `${texts.join(" | ")} | … ${cut.length - texts.length} more chunks`;
    const shown = chunk.subarray(0, left);
    left -= shown.length;
    if (chunk.length === 0) texts.push("(empty)");
    else texts.push(describeHex(shown) + (shown.length < chunk.length ? ` … (${chunk.length} bytes)` : ""));
  }
  return texts.join(" | ");
}

/** What one can take in; `VerificationError.cut` has all of it. */
const SHOWN_BYTES = 128;
const FIRST_LINE_BYTES = 16;
/** Problems that lie in how the input as a whole compares with what was said about it. */
const WHOLE_INPUT: ReadonlySet<VerificationProblem> = new Set([
  "wrong-trace",
  "not-deterministic",
  "not-repeatable",
  "late",
]);
