/**
 * How much longer than asked for one handler's periods are, so that a fleet does not do everything in one instant.
 *
 * ```
 *   spread 0      ││││││││              all channels of a restarted server at once, each period again
 *   spread 0.25   │  ││ │  │ │ ││       each somewhere in the quarter of a period behind it, and always at its own place
 * ```
 */
import { SluiceError } from "@sluice/buffer";

/**
 * A factor from 1 to `1 + spread`.
 *
 * @throws SluiceError `INVALID_ARGUMENT` if `spread`, or what `random` gives, is not from 0 to 1
 */
export function stretchOf(spread: number, random: () => number): number {
  if (spread === 0) return 1;
  return 1 + share("spread", spread) * share("random()", random());
}

/** What a period becomes. Whole milliseconds stay whole, and none gets shorter. */
export function stretched(periodMs: number, stretch: number): number {
  return stretch === 1 ? periodMs : Math.max(periodMs, Math.floor(periodMs * stretch));
}

function share(name: string, value: number): number {
  // Written so that NaN fails it too.
  if (value >= 0 && value <= 1) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a number from 0 to 1, not ${value}`);
}
