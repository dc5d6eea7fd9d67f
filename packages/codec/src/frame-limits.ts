/** How long a frame may be when nobody says, and the check of options that are numbers of bytes. */
import { SluiceError } from "@sluice/buffer";

/** 1 MiB: far above what line and length-field protocols send, far below what would hurt a server. */
export const DEFAULT_MAX_LENGTH = 1024 * 1024;

/** @throws INVALID_ARGUMENT unless `value` is a whole number from `least` up */
export function checkBytes(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number from ${least} up, not ${value}`, {
    limit: least,
  });
}
