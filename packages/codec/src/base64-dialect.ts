/** The two alphabets of Base64. */
import { SluiceError } from "@sluice/buffer";

/** RFC 4648: section 4, with `+`, `/` and padding, or section 5, for URLs and file names, with `-`, `_` and none. */
export type Base64Dialect = "standard" | "url";

/** @throws INVALID_ARGUMENT */
export function checkDialect(dialect: Base64Dialect): Base64Dialect {
  if (dialect === "standard" || dialect === "url") return dialect;
  throw new SluiceError("INVALID_ARGUMENT", `dialect must be "standard" or "url", not "${dialect}"`);
}
