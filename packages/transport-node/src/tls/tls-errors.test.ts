import { SluiceError } from "@sluice/buffer";
import { expect, it } from "vitest";
import { tlsError } from "./tls-errors.js";

const failure = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

it.each([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "TLS_HOSTNAME_MISMATCH"],
  ["CERT_HAS_EXPIRED", "TLS_CERTIFICATE_EXPIRED"],
  ["CERT_NOT_YET_VALID", "TLS_CERTIFICATE_EXPIRED"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "TLS_UNKNOWN_CA"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "TLS_UNKNOWN_CA"],
  ["ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "TLS_CERTIFICATE_REQUIRED"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLS_CERTIFICATE_REQUIRED"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "TLS_CERTIFICATE_REJECTED"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "TLS_CERTIFICATE_REJECTED"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "TLS_PROTOCOL_VERSION"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "TLS_PROTOCOL_VERSION"],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "TLS_NO_APPLICATION_PROTOCOL"],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "TLS_HANDSHAKE_FAILED"],
  ["CERT_REVOKED", "TLS_HANDSHAKE_FAILED"],
])("%s is %s", (cause, code) => {
  const error = tlsError(failure(cause), "handshake");
  expect(error.code).toBe(code);
  expect(error.cause).toMatchObject({ code: cause });
});

it("tells what the system broke from what TLS did", () => {
  expect(tlsError(failure("ECONNRESET", { syscall: "read" }), "handshake").code).toBe("CONNECTION_RESET");
  // Node's word for a peer that left.
  expect(tlsError(failure("ECONNRESET"), "handshake").code).toBe("TLS_HANDSHAKE_FAILED");
  expect(tlsError(failure("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), "secured").code).toBe("TLS_PROTOCOL_ERROR");
});

it("leaves its own errors alone", () => {
  const own = new SluiceError("TLS_UNKNOWN_SERVER_NAME");
  expect(tlsError(own, "handshake")).toBe(own);
});
