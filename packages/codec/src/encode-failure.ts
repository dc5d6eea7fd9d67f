/** What a write fails with whose message cannot be encoded. */
import { SluiceError } from "@sluice/buffer";

/**
 * ENCODE_FAILED with what the encoder threw as its cause.
 *
 * An encoder throws it out of its `write`: the context then fails the write's completion with it, or without one passes
 * it to `exceptionCaught`.
 */
export function encodeFailure(encoder: object, cause: unknown): SluiceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError("ENCODE_FAILED", `${encoder.constructor.name} failed: ${why}`, { cause });
}
