/** What the operating system's error codes are called in Sluice; the original is the cause. */
import { type ErrorCode, SluiceError } from "@sluice/buffer";

/** An error of an established connection. */
export function connectionError(cause: NodeJS.ErrnoException): SluiceError {
  return wrap(cause, CONNECTION_CODES, "TRANSPORT_FAILED");
}

/** An error of a connection attempt. */
export function connectError(cause: NodeJS.ErrnoException, target: string): SluiceError {
  return wrap(cause, CONNECT_CODES, "CONNECT_FAILED", `cannot connect to ${target}: `);
}

/** An error of a server that should have started listening. */
export function bindError(cause: NodeJS.ErrnoException, target: string): SluiceError {
  return wrap(cause, BIND_CODES, "BIND_FAILED", `cannot listen on ${target}: `);
}

/** An error of a server that was to accept a connection. */
export function acceptError(cause: NodeJS.ErrnoException): SluiceError {
  return new SluiceError("ACCEPT_FAILED", cause.message, { cause });
}

/** What `node:net` throws at once is an argument it cannot use, unless it is an error of ours already. */
export function argumentError(cause: Error): SluiceError {
  return cause instanceof SluiceError ? cause : new SluiceError("INVALID_ARGUMENT", cause.message, { cause });
}

type Codes = Partial<Record<string, ErrorCode>>;

const CONNECTION_CODES: Codes = {
  ECONNRESET: "CONNECTION_RESET",
  EPIPE: "CONNECTION_RESET",
  ECONNABORTED: "CONNECTION_RESET",
  ETIMEDOUT: "CONNECTION_TIMED_OUT",
};
const CONNECT_CODES: Codes = {
  ECONNREFUSED: "CONNECT_REFUSED",
  // Of a Unix socket: there is no such file, or its server's backlog is full.
  ENOENT: "CONNECT_REFUSED",
  EAGAIN: "CONNECT_REFUSED",
  ETIMEDOUT: "CONNECT_TIMEOUT",
};
const BIND_CODES: Codes = {
  EADDRINUSE: "ADDRESS_IN_USE",
  EADDRNOTAVAIL: "ADDRESS_UNAVAILABLE",
  EACCES: "ADDRESS_UNAVAILABLE",
  ENOTFOUND: "ADDRESS_UNAVAILABLE",
};

function wrap(cause: NodeJS.ErrnoException, codes: Codes, otherwise: ErrorCode, prefix = ""): SluiceError {
  // A host name with several addresses fails with one error for each; the first says what went wrong.
  const first = cause instanceof AggregateError ? (cause.errors[0] as NodeJS.ErrnoException) : cause;
  return new SluiceError(codes[first.code ?? ""] ?? otherwise, prefix + first.message, { cause });
}
