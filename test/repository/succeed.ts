/** Fails the running test with what a command printed, unless the command succeeded. */

import { expect } from "vitest";

export function succeed({ status, output }: { readonly status: number; readonly output: string }): void {
  if (status !== 0) expect.fail(`exit code ${status}\n${output}`);
}
