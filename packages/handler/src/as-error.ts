/** JavaScript may throw anything; `exceptionCaught` is only ever given errors. */
import { SluiceError } from "@sluice/buffer";

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new SluiceError("HANDLER_THREW", String(thrown), { cause: thrown });
}
