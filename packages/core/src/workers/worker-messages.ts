/** What a primary and its workers say to each other. Programs may use the same way for messages of their own. */
import { ERRORS, type ErrorCode, SluiceError } from "@sluice/buffer";
import type { ShutdownReport } from "../server-shutdown.js";
import type { ServerCounters } from "./server-counters.js";

export type ToWorker =
  | { readonly sluice: "count" }
  | { readonly sluice: "shut down"; readonly quietMs: number; readonly timeoutMs: number }
  /** Cuts the shutdown short. */
  | { readonly sluice: "cut" };

export type ToPrimary =
  | { readonly sluice: "ready"; readonly address: string }
  /** The server could not be bound. */
  | { readonly sluice: "failed"; readonly code: string; readonly detail: string }
  | { readonly sluice: "counted"; readonly counters: ServerCounters }
  /** The server is over; the process ends as soon as it can. */
  | { readonly sluice: "over"; readonly report: ShutdownReport; readonly counters: ServerCounters };

/** Whether it is one of ours: both ends run the same version, so its shape needs no further look. */
export function isOurs(message: unknown): message is ToWorker & ToPrimary {
  return typeof message === "object" && message !== null && "sluice" in message;
}

/** An error on its way to the primary. */
export function failureMessage(error: Error): ToPrimary {
  const code = error instanceof SluiceError ? error.code : "WORKER_FAILED";
  return { sluice: "failed", code, detail: error.message };
}

/** The error again, at its other end. */
export function failureOf({ code, detail }: { readonly code: string; readonly detail: string }): SluiceError {
  return new SluiceError(code in ERRORS ? (code as ErrorCode) : "WORKER_FAILED", detail);
}
