// Milliseconds on the clock that all processes of a machine share, so that what one does can be set against what another
// notices.
import process from "node:process";

export function monotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
