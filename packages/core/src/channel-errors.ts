/** What operations on a channel fail with that come at the wrong time, or to the wrong kind of channel. */
import { SluiceError } from "@sluice/buffer";

export function notConnected(): SluiceError {
  return new SluiceError("CHANNEL_NOT_ACTIVE", "flushed before the channel was connected");
}

export function unsupported(what: string): SluiceError {
  return new SluiceError("INVALID_ARGUMENT", `cannot ${what}`);
}

export function aborted(signal: AbortSignal | undefined): SluiceError {
  return new SluiceError("ABORTED", undefined, { cause: signal?.reason });
}

export function unsupportedMessage(message: unknown, handlers: string[]): SluiceError {
  const type = message === null || message === undefined ? String(message) : (message as object).constructor?.name;
  return new SluiceError(
    "UNSUPPORTED_MESSAGE",
    `the transport cannot send a ${type}; is an encoder missing from [${handlers.join(", ")}]?`,
  );
}

export function closeTimedOut(length: number, limit: number): SluiceError {
  return new SluiceError("CLOSE_TIMEOUT", `${length} bytes were not sent in time`, { length, limit });
}
