/** How long a ping and its pong take, as measured by a `HeartbeatHandler`. */

/** Milliseconds; a snapshot that does not change. */
export interface RoundTripTime {
  readonly lastMs: number;
  /** Moving average of RFC 6298 §2: the first sample, and from then on 1/8 of each new one. */
  readonly smoothedMs: number;
  readonly minMs: number;
}

/** What is known after one more sample. */
export function roundTripTimeAfter(known: RoundTripTime | undefined, sampleMs: number): RoundTripTime {
  if (known === undefined) return { lastMs: sampleMs, smoothedMs: sampleMs, minMs: sampleMs };
  return {
    lastMs: sampleMs,
    smoothedMs: (1 - ALPHA) * known.smoothedMs + ALPHA * sampleMs,
    minMs: Math.min(known.minMs, sampleMs),
  };
}

const ALPHA = 1 / 8;
