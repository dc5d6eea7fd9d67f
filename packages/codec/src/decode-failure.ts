/** Makes an error of whatever a decoder threw that is not an error about the stream. */
import { SluiceError } from "@sluice/buffer";

/** @param why What is wrong with the decoder, if it is not what it threw. */
export function decodeFailure(decoder: object, why: string | undefined, thrown: unknown, offset: number): SluiceError {
  const detail = why ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new SluiceError("DECODE_FAILED", `${decoder.constructor.name} failed: ${detail}`, { cause: thrown, offset });
}
