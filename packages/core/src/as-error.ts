import { SluiceError } from "@sluice/buffer";

/** JavaScript may throw anything; handlers are only ever given errors. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new SluiceError("HANDLER_THREW", String(thrown), { cause: thrown });
}
