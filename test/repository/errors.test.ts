/** The error table that readers see is the one the code throws from. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "@sluice/buffer";
import { expect, it } from "vitest";
import { errorsPage } from "../../scripts/errors-doc.mjs";
import { root } from "../../scripts/workspace.mjs";

it("docs/errors.md prints the error table (if not: npm run errors-doc)", () => {
  expect(readFileSync(join(root, "docs", "errors.md"), "utf8")).toBe(errorsPage(ERRORS));
});
