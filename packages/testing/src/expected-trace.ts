/** What the uncut input should give, as its author wrote it down, and whether it did. */

import { ByteBuf } from "@sluice/buffer";
import { describeValue } from "./describe-value.js";
import { type ErrorEntry, errorText, type TraceEntry } from "./trace.js";
import type { TraceColumns } from "./trace-columns.js";

/** An error to expect. What is left out is not compared. */
export interface ExpectedError {
  readonly code: string;
  readonly offset?: number;
  readonly length?: number;
  readonly limit?: number;
  /** How many messages come before it. */
  readonly after?: number;
}

interface Expectation {
  readonly text: string;
  readonly accepts: (entry: TraceEntry) => boolean;
}

/**
 * Compares a trace with what was expected of it.
 *
 * @param messages, errors Undefined when they are not to be compared.
 * @returns both, side by side, if they differ
 */
export function compareWithExpected(
  trace: readonly TraceEntry[],
  messages: readonly unknown[] | undefined,
  errors: readonly (string | ExpectedError)[] | undefined,
): TraceColumns | undefined {
  const actual = trace.filter((entry) => entry.kind === "message" || entry.kind === "error");
  const actualMessages = actual.filter((entry) => entry.kind === "message");
  const actualErrors = actual.filter((entry) => entry.kind === "error");
  const places = actualErrors.map((error) => messagesBefore(actual, error));
  const expectedMessages = messages?.map(expectMessage) ?? actualMessages.map(expectSame);
  const wanted = errors?.map((error) => (typeof error === "string" ? { code: error } : error));
  const expectedErrors = wanted?.map(expectError) ?? actualErrors.map(expectSame);
  const agrees =
    allAccept(expectedMessages, actualMessages) &&
    allAccept(expectedErrors, actualErrors) &&
    (wanted ?? []).every(({ after }, at) => after === undefined || after === places[at]);
  if (agrees) return undefined;

  // An error whose place was left open stands where it came; one that never came, at the end.
  const expected: Expectation[] = [];
  let error = 0;
  for (let at = 0; at <= expectedMessages.length; at++) {
    for (; error < expectedErrors.length; error++) {
      if (at < (wanted?.[error]?.after ?? places[error] ?? expectedMessages.length)) break;
      expected.push(expectedErrors[error]!);
    }
    if (at < expectedMessages.length) expected.push(expectedMessages[at]!);
  }
  expected.push(...expectedErrors.slice(error));
  return {
    titles: ["expected", "actual"],
    left: expected.map(({ text }) => text),
    right: actual.map(({ text }) => text),
    alike: (left, right) => expected[left]!.accepts(actual[right]!),
  };
}

function messagesBefore(trace: readonly TraceEntry[], error: ErrorEntry): number {
  return trace.slice(0, trace.indexOf(error)).filter(({ kind }) => kind === "message").length;
}

/** Text may stand for its bytes: a decoder that gives frames is compared with strings most readably. */
function expectMessage(message: unknown): Expectation {
  const text = describeValue(message);
  const asBytes = typeof message === "string" ? describeValue(ByteBuf.from(message)) : text;
  return {
    text,
    accepts: (entry) => entry.kind === "message" && (entry.text === text || entry.text === asBytes),
  };
}

function expectError(error: ExpectedError): Expectation {
  const accepts = (entry: TraceEntry) =>
    entry.kind === "error" &&
    entry.code === error.code &&
    (error.offset ?? entry.offset) === entry.offset &&
    (error.length ?? entry.length) === entry.length &&
    (error.limit ?? entry.limit) === entry.limit;
  return { text: errorText(error), accepts };
}

function expectSame(entry: TraceEntry): Expectation {
  return { text: entry.text, accepts: (other) => other.text === entry.text };
}

function allAccept(expected: readonly Expectation[], actual: readonly TraceEntry[]): boolean {
  return expected.length === actual.length && expected.every(({ accepts }, at) => accepts(actual[at]!));
}
