/** The tests compile. The sources did, when setup built the packages. */

import { it } from "vitest";
import { tool } from "../../scripts/workspace.mjs";
import { succeed } from "./succeed.js";

it.each(["tsconfig.json", "test/tsconfig.json"])("%s compiles", (project) => {
  succeed(tool("tsc", "--project", project, "--pretty", "false"));
});
