/** What the operating system's error codes mean for datagrams; the original is the cause. */
import { type ErrorCode, SluiceError } from "@sluice/buffer";

/** An error of one datagram, sent or received; undefined if the socket itself is broken. */
export function datagramError(cause: NodeJS.ErrnoException): SluiceError | undefined {
  const code = DATAGRAM_CODES[cause.code ?? ""];
  return code === undefined ? undefined : new SluiceError(code, cause.message, { cause });
}

/** An error of a datagram that was to be sent. */
export function sendError(cause: NodeJS.ErrnoException, length: number): SluiceError {
  return new SluiceError(DATAGRAM_CODES[cause.code ?? ""] ?? "DATAGRAM_NOT_SENT", cause.message, { cause, length });
}

/** An error of an option, or of joining or leaving a group. */
export function settingError(cause: NodeJS.ErrnoException, what: string): SluiceError {
  return new SluiceError(SETTING_CODES[cause.code ?? ""] ?? "INVALID_ARGUMENT", `${what}: ${cause.message}`, { cause });
}

const DATAGRAM_CODES: Partial<Record<string, ErrorCode>> = {
  EMSGSIZE: "DATAGRAM_TOO_LONG",
  ECONNREFUSED: "PEER_UNREACHABLE",
  // What Windows makes of the same answer.
  ECONNRESET: "PEER_UNREACHABLE",
  EHOSTUNREACH: "PEER_UNREACHABLE",
  EHOSTDOWN: "PEER_UNREACHABLE",
  ENETUNREACH: "PEER_UNREACHABLE",
  ENETDOWN: "PEER_UNREACHABLE",
  ENOTFOUND: "PEER_UNREACHABLE",
};

const SETTING_CODES: Partial<Record<string, ErrorCode>> = {
  EADDRNOTAVAIL: "ADDRESS_UNAVAILABLE",
  ENODEV: "ADDRESS_UNAVAILABLE",
  EADDRINUSE: "ADDRESS_IN_USE",
  ENOPROTOOPT: "OPTION_UNSUPPORTED",
};
