// Prints the last line of a continuous-integration run from vitest's JSON report: `N passed, N failed`, and the number
// of skipped tests if there are any. A test file that could not be loaded counts as one failed test, and so does a
// run that exited with an error although no test failed.
//
//   node scripts/summary.mjs <report> <exit code of the run>

import { existsSync, readFileSync } from "node:fs";

const [path, exitCode] = process.argv.slice(2);

if (!existsSync(path)) {
  console.log("0 passed, 1 failed");
} else {
  const report = JSON.parse(readFileSync(path, "utf8"));
  const skipped = report.numPendingTests + report.numTodoTests;
  let failed = report.numFailedTests;
  for (const file of report.testResults) {
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) failed += 1;
  }
  if (failed === 0 && exitCode !== "0") failed = 1;
  const line = `${report.numPassedTests} passed, ${failed} failed`;
  console.log(skipped > 0 ? `${line}, ${skipped} skipped` : line);
}
