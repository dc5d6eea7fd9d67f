/**
 * What a decoder is doing: nothing, looking at bytes, or passing on what it has made of them.
 *
 * Numbers, not names: the phase changes twice a frame, and storing a small integer needs no write barrier.
 */
export const IDLE = 0;
export const DECODING = 1;
export const FORWARDING = 2;
export type Phase = typeof IDLE | typeof DECODING | typeof FORWARDING;

/** What has become of a decoder. */
export type Fate = "alive" | "failed" | "ended" | "removed";
