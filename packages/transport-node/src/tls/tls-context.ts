/**
 * What the ends of TLS have in common: certificates, trust, rules, and sessions to resume.
 *
 * ```
 *   options ──▶ TlsContext ──▶ tls({ context })            every connection from its first byte
 *                   ▲     └──▶ startTls(ctx, { context })   this connection from here on
 *                   │
 *                reload(new certificates): connections that begin from now on get them
 * ```
 *
 * Certificates are parsed when the context is made, not for each connection. One context may serve any number of
 * transports, as a server and as a client.
 */
import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { SluiceError } from "@sluice/buffer";
import { ClientSessions } from "./client-sessions.js";
import { ServerNames } from "./server-names.js";
import type { TlsCertificate, TlsIdentity, TlsOptions } from "./tls-options.js";

/**
 * @example
 * ```ts
 * const context = new TlsContext({ cert, key, names: { "*.example.org": { cert: wildcardCert, key: wildcardKey } } });
 * const bootstrap = new ServerBootstrap().transport(tls({ context }));
 * context.reload({ cert: newCert, key: newKey });
 * ```
 */
export class TlsContext {
  /** Sessions of servers that have been verified. @internal */
  readonly sessions: ClientSessions;
  /** With the defaults filled in. @internal */
  readonly rules: TlsRules;
  #options: TlsOptions;
  #contexts: SecureContexts;

  /** @throws INVALID_ARGUMENT for a certificate or key that cannot be used, and for what cannot work */
  constructor(options: TlsOptions) {
    this.rules = rulesOf(options);
    this.sessions = new ClientSessions(atLeastZero("sessionCacheSize", options.sessionCacheSize ?? 100));
    this.#options = options;
    this.#contexts = buildContexts(options);
  }

  /**
   * Exchanges certificates: connections that begin from now on get the new ones, those there are keep theirs. What is not
   * given stays as it is. Sessions made before are not resumed.
   *
   * @throws INVALID_ARGUMENT as the constructor; then nothing has changed
   */
  reload(identity: TlsIdentity): void {
    const options = { ...this.#options, ...identity };
    this.#contexts = buildContexts(options);
    this.#options = options;
    this.sessions.clear();
  }

  /** For clients, and for servers whose client asks for no name. @internal */
  get secureContext(): SecureContext {
    return this.#contexts.base;
  }

  /** The certificate for a name; the default if there is none. @throws TLS_UNKNOWN_SERVER_NAME @internal */
  named(serverName: string): SecureContext {
    const { base, hasDefault, byName } = this.#contexts;
    const context = byName.get(serverName) ?? (hasDefault ? base : undefined);
    if (context !== undefined) return context;
    throw new SluiceError("TLS_UNKNOWN_SERVER_NAME", `there is no certificate for "${serverName}"`);
  }

  /** Whether it can be a server's. @throws INVALID_ARGUMENT @internal */
  requireCertificate(): void {
    const { hasDefault, byName } = this.#contexts;
    if (!hasDefault && byName.size === 0) throw invalid("a TLS server needs cert and key, or names");
  }
}

/** The options that hold for each connection, with the defaults filled in. */
export interface TlsRules {
  readonly alpnProtocols: readonly string[];
  readonly handshakeTimeoutMs: number;
  readonly requireCloseNotify: boolean;
  readonly servername: string | undefined;
  readonly clientAuth: "none" | "optional" | "require";
  readonly allowPlaintext: boolean;
  readonly acceptAny: boolean;
}

interface SecureContexts {
  readonly base: SecureContext;
  readonly hasDefault: boolean;
  readonly byName: ServerNames<SecureContext>;
}

function rulesOf(options: TlsOptions): TlsRules {
  const { clientAuth = "none", handshakeTimeoutMs = 10_000 } = options;
  if (!["none", "optional", "require"].includes(clientAuth)) throw invalid(`clientAuth cannot be "${clientAuth}"`);
  if (!(handshakeTimeoutMs > 0 && handshakeTimeoutMs < Number.POSITIVE_INFINITY)) {
    throw invalid(`handshakeTimeoutMs must be a finite number above 0, not ${handshakeTimeoutMs}`);
  }
  for (const version of [options.minVersion ?? MIN_VERSION, options.maxVersion ?? MAX_VERSION]) {
    if (!VERSIONS.includes(version)) throw invalid(`minVersion and maxVersion can be ${VERSIONS.join(" or ")}`);
  }
  return {
    alpnProtocols: options.alpnProtocols ?? [],
    handshakeTimeoutMs,
    requireCloseNotify: options.requireCloseNotify ?? true,
    servername: options.servername,
    clientAuth,
    allowPlaintext: options.allowPlaintext ?? false,
    acceptAny: options.dangerouslyAcceptAnyCertificate ?? false,
  };
}

function buildContexts(options: TlsOptions): SecureContexts {
  const { cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) throw invalid("cert and key belong together");
  const byName = new ServerNames<SecureContext>();
  for (const [name, certificate] of Object.entries(options.names ?? {})) {
    byName.set(name, secureContext(options, certificate, `the certificate for "${name}"`));
  }
  const own = cert === undefined || key === undefined ? {} : { cert, key, ...passphraseOf(options) };
  return { base: secureContext(options, own, "TLS"), hasDefault: cert !== undefined, byName };
}

function secureContext(options: TlsOptions, certificate: Partial<TlsCertificate>, what: string): SecureContext {
  const { cert, key } = certificate;
  try {
    return createSecureContext({
      ...(cert === undefined ? {} : { cert: bytes(cert), ...passphraseOf(certificate) }),
      ...(key === undefined ? {} : { key: bytes(key) }),
      ...(options.ca === undefined ? {} : { ca: [options.ca].flat().map(bytes) }),
      ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
      minVersion: options.minVersion ?? MIN_VERSION,
      maxVersion: options.maxVersion ?? MAX_VERSION,
      // Until 1.2 it was a way to keep a server busy, and to mix up what was said before with what is said after.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      // Without one a server that asks for certificates could not resume sessions.
      sessionIdContext: "sluice",
    } satisfies SecureContextOptions);
  } catch (cause) {
    throw invalid(`${what} cannot be used: ${(cause as Error).message}`, cause);
  }
}

function passphraseOf({ passphrase }: Partial<TlsCertificate>): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase };
}

function bytes(pem: string | Uint8Array): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength);
}

function atLeastZero(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw invalid(`${name} must be an integer of at least 0, not ${value}`);
}

function invalid(detail: string, cause?: unknown): SluiceError {
  return new SluiceError("INVALID_ARGUMENT", detail, cause === undefined ? {} : { cause });
}

const MIN_VERSION = "TLSv1.2";
const MAX_VERSION = "TLSv1.3";
const VERSIONS: string[] = [MIN_VERSION, MAX_VERSION];
