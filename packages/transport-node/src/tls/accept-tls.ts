/** The server's part of making Node's TLS: what `tls.Server` does for sockets it has accepted itself. */
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { TlsContext, TlsRules } from "./tls-context.js";
import type { TlsWire } from "./tls-wire.js";

/** The handshake begins when the client does. */
export function acceptTls(wire: TlsWire, context: TlsContext): TLSSocket {
  const { alpnProtocols, clientAuth } = context.rules;
  // Node takes any stream here, as its documentation says; its types want a socket.
  return new TLSSocket(
    wire as never,
    {
      isServer: true,
      secureContext: context.secureContext,
      requestCert: clientAuth !== "none",
      rejectUnauthorized: clientAuth === "require",
      SNICallback: (serverName, callback) => {
        try {
          callback(null, context.named(serverName));
        } catch (error) {
          callback(error as Error);
        }
      },
      ...(alpnProtocols.length > 0 ? { ALPNProtocols: [...alpnProtocols] } : {}),
    } as TLSSocketOptions,
  );
}

/** What is wrong with the certificate a client has shown, or with its having shown none. */
export function clientCertificateError(secured: TLSSocket, rules: TlsRules): (Error & { code?: string }) | undefined {
  if (rules.clientAuth === "none" || rules.acceptAny) return undefined;
  if (secured.getPeerX509Certificate() === undefined) {
    if (rules.clientAuth === "optional") return undefined;
    return Object.assign(new Error("the client has shown no certificate"), {
      code: "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
    });
  }
  // Node keeps the outcome of the verification here, and tells it for sockets it has accepted itself only. Where it
  // cannot be had nobody is let in.
  const { ssl } = secured as unknown as { ssl?: { verifyError?: () => (Error & { code?: string }) | null } };
  if (typeof ssl?.verifyError !== "function") return new Error("this Node does not tell whether a certificate is good");
  return ssl.verifyError() ?? undefined;
}
