/** Nothing is exported, depended on or kept in a file without being used. */

import { it } from "vitest";
import { tool } from "../../scripts/workspace.mjs";
import { succeed } from "./succeed.js";

it("knip finds no unused file, export or dependency", () => {
  succeed(tool("knip", "--no-progress", "--no-config-hints"));
});
