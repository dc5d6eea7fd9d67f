/**
 * What a {@link ChaosProxy} does to a connection. A fault slows the bytes down, or it strikes once so many have passed:
 *
 * ```
 *   none        ▮▮▮▮ ──▶ ▮▮▮▮                       cut          ▮▮▮▮ ──▶ ▮▮ FIN, to both ends
 *   delay       ▮▮▮▮ ──▶ ·····▮▮▮▮                  half-close   ▮▮▮▮ ──▶ ▮▮ FIN, in one direction
 *   trickle     ▮▮▮▮ ──▶ ▮··▮··▮··▮                 reset        ▮▮▮▮ ──▶ ▮▮ RST, to both ends
 *   re-chunk    ▮▮▮▮ ──▶ ▮▮▮ ▮                      black-hole   ▮▮▮▮ ──▶ ▮▮ and nothing more, not even an end
 * ```
 */
import type { Random32 } from "../../interop/random-32.js";

export const FAULTS = ["none", "delay", "trickle", "re-chunk", "cut", "half-close", "reset", "black-hole"] as const;
export type Fault = (typeof FAULTS)[number];

/** The faults that strike; the others only slow down. */
export type Strike = "cut" | "half-close" | "reset" | "black-hole";

export function isStrike(fault: Fault): fault is Strike {
  return fault === "cut" || fault === "half-close" || fault === "reset" || fault === "black-hole";
}

/** Some bytes, and how long to wait before they are forwarded: 0 for the next turn of the loop, undefined for now. */
export interface Piece {
  readonly bytes: Buffer;
  readonly afterMs: number | undefined;
}

export interface PaceOptions {
  /** Between two bytes of a trickle: a second on a scale of 1 to 500. @default 2 */
  readonly trickleMs?: number;
  /** The longest delay of a chunk. @default 150 */
  readonly maxDelayMs?: number;
}

/** How a chunk travels on. */
export function* paced(fault: Fault, chunk: Buffer, random: Random32, options: PaceOptions): Generator<Piece> {
  const { trickleMs = 2, maxDelayMs = 150 } = options;
  if (fault === "delay") yield { bytes: chunk, afterMs: random.below(maxDelayMs + 1) };
  else if (fault === "trickle" || fault === "re-chunk") {
    for (let from = 0; from < chunk.length; ) {
      const length = fault === "trickle" ? 1 : 1 + random.below(LONGEST_PIECE);
      yield { bytes: chunk.subarray(from, from + length), afterMs: fault === "trickle" ? trickleMs : 0 };
      from += length;
    }
  } else yield { bytes: chunk, afterMs: undefined };
}

/** About a frame of the scenario: most pieces tear one, some hold the end of one and the beginning of the next. */
const LONGEST_PIECE = 60;
