/** What a decoder did in one run, in order, each step as the text it is compared by. */

import { describeValue } from "./describe-value.js";

export type TraceEntry = MessageEntry | ErrorEntry | MarkEntry;

export interface MessageEntry {
  readonly kind: "message";
  readonly text: string;
}

export interface ErrorEntry {
  readonly kind: "error";
  readonly text: string;
  readonly code: string;
  readonly offset: number | undefined;
  readonly length: number | undefined;
  readonly limit: number | undefined;
}

/** The end of the stream, the decoder's removal, and what it handed on then. */
export interface MarkEntry {
  readonly kind: "end" | "removed" | "handed on";
  readonly text: string;
}

export const END: MarkEntry = { kind: "end", text: "-- end of stream --" };
export const REMOVED: MarkEntry = { kind: "removed", text: "-- decoder removed --" };

export function messageEntry(message: unknown): MessageEntry {
  return { kind: "message", text: describeValue(message) };
}

export function handedOnEntry(bytes: Uint8Array): MarkEntry {
  return { kind: "handed on", text: `handed on ${describeValue(bytes)}` };
}

/** An error by its code and the fields that say where and how much; its words may change. */
export function errorEntry(error: Error): ErrorEntry {
  const { code } = error as { readonly code?: unknown };
  const entry = {
    code: typeof code === "string" ? code : `${error.name}: ${error.message}`,
    offset: numberOf(error, "offset"),
    length: numberOf(error, "length"),
    limit: numberOf(error, "limit"),
  };
  return { kind: "error", text: errorText(entry), ...entry };
}

export function errorText(error: Pick<Partial<ErrorEntry>, "code" | "offset" | "length" | "limit">): string {
  let text = `error ${error.code}`;
  for (const field of ["offset", "length", "limit"] as const) {
    if (error[field] !== undefined) text += ` ${field}=${error[field]}`;
  }
  return text;
}

export function sameTrace(a: readonly TraceEntry[], b: readonly TraceEntry[]): boolean {
  return a.length === b.length && a.every((entry, at) => entry.text === b[at]?.text);
}

/** What came before the stream ended. */
export function beforeEnd(trace: readonly TraceEntry[]): readonly TraceEntry[] {
  const end = trace.indexOf(END);
  return end < 0 ? trace : trace.slice(0, end);
}

/** What only its end brought to light. */
export function afterEnd(trace: readonly TraceEntry[]): readonly TraceEntry[] {
  const end = trace.indexOf(END);
  return end < 0 ? [] : trace.slice(end + 1);
}

function numberOf(error: Error, field: "offset" | "length" | "limit"): number | undefined {
  const value = (error as unknown as Record<string, unknown>)[field];
  return typeof value === "number" ? value : undefined;
}
