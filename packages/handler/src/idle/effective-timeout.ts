/** What a timeout option means: 0 and less switch it off, and nothing is shorter than a millisecond. */
import { SluiceError } from "@sluice/buffer";

/**
 * The milliseconds to use for an option, 0 for off.
 *
 * @throws SluiceError `INVALID_ARGUMENT` if the value is `NaN` or infinite
 */
export function effectiveTimeout(name: string, valueMs: number): number {
  if (valueMs <= 0) return 0;
  // Written so that NaN fails it too.
  if (!(valueMs < Number.POSITIVE_INFINITY)) {
    throw new SluiceError("INVALID_ARGUMENT", `${name} must be a finite number of milliseconds, not ${valueMs}`);
  }
  return Math.max(valueMs, MIN_TIMEOUT_MS);
}

/** Netty's bound: a shorter period would be a busy loop. */
const MIN_TIMEOUT_MS = 1;
