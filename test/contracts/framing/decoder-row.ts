/**
 * What the contract of framing has to know about a decoder: how to make one, and what to feed it.
 *
 * ```
 *   options ─┬─▶ well formed: a stream in parts, each with what must come of it
 *   pieces ──┘        │
 *   alphabet ─────────┴─▶ garbage: the same with bytes missing, and others in their place that mean something, but not there
 * ```
 */

import fc from "fast-check";
import type { ChannelHandler, ErrorCode } from "sluice";

/** A decoder and a stream for it. Options are JSON, so that a case can be kept in a file. */
export interface FramingCase {
  readonly options: unknown;
  readonly bytes: Uint8Array;
}

export interface WellFormedCase extends FramingCase {
  readonly parts: readonly Part[];
  /** What only the end of the stream gives. */
  readonly atEnd: readonly Given[];
}

/** Some bytes of a stream, and what a decoder makes of them. */
interface Part {
  readonly bytes: Uint8Array;
  readonly gives: readonly Given[];
}

/** A message (bytes as a `Uint8Array`), or an error by its code. */
export type Given = { readonly message: unknown } | { readonly error: ErrorCode };

export interface DecoderRow {
  /** The class, as `sluice` exports it; behind a colon what tells rows of one class apart. */
  readonly name: string;
  /** A new decoder and what it needs around it. The first handler is the one that cuts the stream. */
  readonly make: (options: unknown) => readonly ChannelHandler[];
  /** Most bytes that the first handler may hold between two chunks, by the limits in the options. */
  readonly mayHold: (options: unknown) => number;
  /** How often it may look at a byte. */
  readonly mayLook: (options: unknown) => number;
  readonly wellFormed: fc.Arbitrary<WellFormedCase>;
  readonly garbage: fc.Arbitrary<FramingCase>;
}

interface RowOptions<Options, Piece> {
  readonly name: string;
  readonly options: fc.Arbitrary<Options>;
  readonly make: (options: Options) => readonly ChannelHandler[];
  readonly mayHold: (options: Options) => number;
  /** @default once */
  readonly mayLook?: (options: Options) => number;
  /** What a part is made of; apart from the options, so that cases cost little and shrink well. */
  readonly piece: fc.Arbitrary<Piece>;
  readonly part: (options: Options, piece: Piece) => Part;
  /** @default nothing */
  readonly atEnd?: (options: Options, pieces: readonly Piece[], bytes: Uint8Array) => readonly Given[];
  /** Bytes that mean something to the decoder. */
  readonly alphabet: Uint8Array;
}

export function decoderRow<Options, Piece>(row: RowOptions<Options, Piece>): DecoderRow {
  const wellFormed = fc
    .record({ options: row.options, pieces: fc.array(row.piece, { maxLength: MOST_PIECES }) })
    .map(({ options, pieces }): WellFormedCase => {
      const parts = pieces.map((piece) => row.part(options, piece));
      const bytes = joined(parts.map((part) => part.bytes));
      return { options, bytes, parts, atEnd: row.atEnd?.(options, pieces, bytes) ?? [] };
    });
  const byte = fc.oneof({ arbitrary: fc.constantFrom(...row.alphabet), weight: 4 }, fc.nat(255));
  const noise = fc.array(byte, { maxLength: MOST_NOISE });
  // Noise among frames gets deeper than noise alone, which often fails at its first byte.
  const garbage = fc
    .record({ wellFormed, noise, at: fc.nat(), removed: fc.nat(MOST_REMOVED) })
    .map(({ wellFormed: { options, bytes }, noise, at, removed }): FramingCase => {
      const place = at % (bytes.length + 1);
      const pieces = [bytes.subarray(0, place), Uint8Array.from(noise), bytes.subarray(place + removed)];
      return { options, bytes: joined(pieces) };
    });
  const { name, make, mayHold, mayLook = () => 1 } = row as unknown as DecoderRow & RowOptions<unknown, unknown>;
  return { name, make, mayHold, mayLook, wellFormed, garbage };
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const encoder = new TextEncoder();

/** Its UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const MOST_PIECES = 6;
const MOST_NOISE = 16;
const MOST_REMOVED = 6;
