/** What Node's and OpenSSL's names for TLS failures are called in Sluice; the original is the cause. */
import { type ErrorCode, SluiceError } from "@sluice/buffer";
import { connectionError } from "../system-errors.js";

/** An error of TLS, or of what lies below it. */
export function tlsError(cause: NodeJS.ErrnoException, phase: "handshake" | "secured"): SluiceError {
  if (cause instanceof SluiceError) return cause;
  const code = cause.code ?? "";
  const own = CODES[code] ?? CODES[code.replace(VERSION_PREFIX, "ERR_SSL_")];
  if (own !== undefined) return new SluiceError(own, cause.message, { cause });
  // Node's own word for an end of stream during the handshake; the system's errors have a system call.
  const isLeft = code === "ECONNRESET" && cause.syscall === undefined;
  if (isLeft) return handshakeLeft(cause);
  if (!code.startsWith("ERR_") && cause.syscall !== undefined) return connectionError(cause);
  const otherwise = phase === "handshake" ? "TLS_HANDSHAKE_FAILED" : "TLS_PROTOCOL_ERROR";
  return new SluiceError(otherwise, cause.message, { cause });
}

/** The peer closed the connection before the handshake was complete. */
export function handshakeLeft(cause?: Error): SluiceError {
  const detail = "the peer closed the connection during the handshake";
  return new SluiceError("TLS_HANDSHAKE_FAILED", detail, cause === undefined ? {} : { cause });
}

/** A peer's certificate that was found wanting, by OpenSSL's name for the reason. */
export function certificateError(cause: Error & { code?: string }): SluiceError {
  return new SluiceError(CODES[cause.code ?? ""] ?? "TLS_HANDSHAKE_FAILED", cause.message, { cause });
}

/** The alerts of TLS 1.2 are named for whichever version introduced them. */
const VERSION_PREFIX = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_/;

const CODES: Partial<Record<string, ErrorCode>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS_HOSTNAME_MISMATCH",
  HOSTNAME_MISMATCH: "TLS_HOSTNAME_MISMATCH",

  CERT_HAS_EXPIRED: "TLS_CERTIFICATE_EXPIRED",
  CERT_NOT_YET_VALID: "TLS_CERTIFICATE_EXPIRED",

  CERT_UNTRUSTED: "TLS_UNKNOWN_CA",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS_UNKNOWN_CA",
  INVALID_CA: "TLS_UNKNOWN_CA",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS_UNKNOWN_CA",
  UNABLE_TO_GET_ISSUER_CERT: "TLS_UNKNOWN_CA",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS_UNKNOWN_CA",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS_UNKNOWN_CA",

  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "TLS_CERTIFICATE_REQUIRED",
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: "TLS_CERTIFICATE_REQUIRED",

  ERR_SSL_ALERT_BAD_CERTIFICATE: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_CERTIFICATE_EXPIRED: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_CERTIFICATE_REVOKED: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_CERTIFICATE_UNKNOWN: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_UNKNOWN_CA: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_UNSUPPORTED_CERTIFICATE: "TLS_CERTIFICATE_REJECTED",
  ERR_SSL_ALERT_ACCESS_DENIED: "TLS_CERTIFICATE_REJECTED",

  ERR_SSL_ALERT_NO_APPLICATION_PROTOCOL: "TLS_NO_APPLICATION_PROTOCOL",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "TLS_NO_APPLICATION_PROTOCOL",

  ERR_SSL_ALERT_PROTOCOL_VERSION: "TLS_PROTOCOL_VERSION",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "TLS_PROTOCOL_VERSION",
  ERR_SSL_UNSUPPORTED_SSL_VERSION: "TLS_PROTOCOL_VERSION",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "TLS_PROTOCOL_VERSION",

  ERR_SSL_HTTP_REQUEST: "TLS_PLAINTEXT",
  ERR_SSL_HTTPS_PROXY_REQUEST: "TLS_PLAINTEXT",
};
