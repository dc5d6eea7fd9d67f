/** The one question of this folder, asked of one stream. */

import { Random32 } from "../../interop/random-32.js";
import type { DecoderRow, FramingCase } from "./decoder-row.js";
import { END, outcomeOf, type StreamEnd } from "./outcome.js";
import { RandomCut } from "./random-cut.js";

/** @returns what comes out however `bytes` are cut; compared are the whole, single bytes, and cuts that `seed` draws */
export function sameForAllCuts(row: DecoderRow, one: FramingCase, end: StreamEnd, seed: number): string[] {
  const { options, bytes } = one;
  const whole = outcomeOf(row, options, RandomCut.whole(bytes), end);
  for (const line of whole) if (FORBIDDEN.test(line)) throw new Error(`${line}\n  among\n  ${whole.join("\n  ")}`);
  const random = new Random32(seed);
  for (let i = 0; i <= RANDOM_CUTS; i++) {
    const cut = i === 0 ? RandomCut.byteByByte(bytes) : RandomCut.random(bytes, random);
    const outcome = outcomeOf(row, options, cut, end);
    if (!isSame(outcome, whole)) differs(row, one, end, whole, smallest(row, one, end, whole) ?? cut);
  }
  // It changes when an error comes, if need be only with the end of the stream, and never which.
  if (hasFailFast(options)) {
    const other = { ...options, failFast: !options.failFast };
    const outcome = outcomeOf(row, other, RandomCut.whole(bytes), end);
    if (!isSame(withoutEnd(outcome), withoutEnd(whole)))
      throw new Error(report(row, options, "failFast", whole, outcome));
  }
  return whole;
}

function withoutEnd(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== END);
}

function hasFailFast(options: unknown): options is { readonly failFast: boolean } {
  return (options as { readonly failFast?: boolean }).failFast !== undefined;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}

/** The first cut in two that makes a difference, if one is enough. */
function smallest(row: DecoderRow, { options, bytes }: FramingCase, end: StreamEnd, whole: string[]) {
  for (let at = 1; at < bytes.length; at++) {
    const cut = new RandomCut(bytes, [0, at, bytes.length]);
    if (!isSame(outcomeOf(row, options, cut, end), whole)) return cut;
  }
  return undefined;
}

function differs(row: DecoderRow, { options }: FramingCase, end: StreamEnd, whole: string[], cut: RandomCut): never {
  throw new Error(report(row, options, `the cut ${cut}, ended by ${end}`, whole, outcomeOf(row, options, cut, end)));
}

function report(row: DecoderRow, options: unknown, what: string, whole: string[], other: string[]): string {
  const head = `${row.name} ${JSON.stringify(options)} depends on ${what}`;
  return [head, "", "uncut:", ...whole, "", "otherwise:", ...other].join("\n  ");
}

/** What must not come out of any stream. */
const FORBIDDEN = /^(?:not a SluiceError|behind channelInactive|the memory of a chunk)/;
const RANDOM_CUTS = 3;
