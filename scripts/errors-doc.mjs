// Writes docs/errors.md from the error table of @sluice/buffer: `npm run errors-doc` after a build.
// A repository test compares the two through `errorsPage`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./workspace.mjs";

/** The text of docs/errors.md for a table of code → severity and meaning. */
export function errorsPage(errors) {
  const rows = Object.entries(errors).map(
    ([code, { severity, meaning }]) => `| \`${code}\` | ${severity} | ${meaning.replaceAll("|", "\\|")} |`,
  );
  return `# Errors

Every error Sluice raises is a \`SluiceError\`. Branch on its \`code\`: codes are stable, messages are not.

**recoverable**: the channel may go on after it. **fatal**: what it happened to cannot be used any more.

Beside the code an error may carry \`offset\`, \`length\`, \`limit\` (in bytes unless the message says otherwise), \`hex\`
(a few bytes around the place) and \`cause\` (the error that led to it).

| code | severity | meaning |
|---|---|---|
${rows.join("\n")}

This page is printed from the table in \`packages/buffer/src/sluice-error.ts\` by \`npm run errors-doc\`.
`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ERRORS } = await import(pathToFileURL(join(root, "packages/buffer/dist/index.js")).href);
  writeFileSync(join(root, "docs/errors.md"), errorsPage(ERRORS));
}
