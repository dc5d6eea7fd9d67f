/** Adding up what became of the connections of several servers. */
import type { ShutdownReport } from "../server-shutdown.js";

export const NO_REPORT: ShutdownReport = { departed: 0, closed: 0, forced: 0 };

export function addReports(a: ShutdownReport, b: ShutdownReport): ShutdownReport {
  return { departed: a.departed + b.departed, closed: a.closed + b.closed, forced: a.forced + b.forced };
}
