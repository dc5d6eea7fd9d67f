/** What an end of TLS may be told; the names are Node's where Node has one. */

/** A certificate with its private key, both PEM. */
export interface TlsCertificate {
  /** The certificate, followed by those of its issuers up to the one the peer trusts. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** Opens an encrypted key. */
  readonly passphrase?: string;
}

/** What `TlsContext.reload` can exchange. */
export interface TlsIdentity extends Partial<TlsCertificate> {
  /** A server's certificates by the name a client asks for (SNI): exact, or `*.example.org` for one label. */
  readonly names?: Readonly<Record<string, TlsCertificate>>;
  /**
   * Whom to trust: certificates of issuers, PEM.
   * @default the ones that come with Node
   */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
}

export interface TlsOptions extends TlsIdentity {
  /** Application protocols (ALPN), the best first. @default no ALPN */
  readonly alpnProtocols?: readonly string[];
  /** @default "TLSv1.2" */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** @default "TLSv1.3" */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** Cipher suites in OpenSSL's notation. @default Node's */
  readonly ciphers?: string;
  /**
   * Milliseconds a handshake may take before HANDSHAKE_TIMEOUT; with `allowPlaintext` also the first byte. A client's
   * CONNECT_TIMEOUT_MILLIS goes on meanwhile.
   * @default 10 000
   */
  readonly handshakeTimeoutMs?: number;
  /**
   * Whether an end of stream without TLS saying so (close_notify) is TLS_TRUNCATED. Anybody on the way can end a stream
   * early; turn this off only where messages say themselves how long they are, for peers that leave that way.
   * @default true
   */
  readonly requireCloseNotify?: boolean;

  /** Clients: the name the server's certificate must be for, and that is asked for (SNI). @default the host */
  readonly servername?: string;
  /** Clients: sessions that are kept to be resumed, one for each server; 0 for none. @default 100 */
  readonly sessionCacheSize?: number;

  /**
   * Servers: whether clients are asked for a certificate, and whether they may have none. A certificate that is shown
   * must be good either way.
   * @default "none"
   */
  readonly clientAuth?: "none" | "optional" | "require";
  /**
   * Servers: whether a connection that does not begin with a TLS handshake goes on in plain text, as `PlaintextEvent`
   * says. For protocols in which the client speaks first.
   * @default false: TLS_PLAINTEXT
   */
  readonly allowPlaintext?: boolean;

  /**
   * Turns off what makes TLS worth having: the peer may be anybody, and read and change everything. For tests of things
   * that are not TLS.
   * @default false
   */
  readonly dangerouslyAcceptAnyCertificate?: boolean;
}
